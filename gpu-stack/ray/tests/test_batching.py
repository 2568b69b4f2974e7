"""What the batching inside a replica brings, on this machine's processor."""

import asyncio
import time
from pathlib import Path

import tiny

from sidetone_tts.inference import Clause, Inference
from sidetone_tts.model import F5Model, Reference

CLAUSES = 16
BATCH = 8


async def test_batching_raises_throughput(tmp_path: Path) -> None:
    """Where the price of a pass dominates, as with short clauses; long ones are arithmetic on a processor."""
    model = tiny.model(tmp_path / "model")
    for seconds, text in ((0.3, "Добрый день."), (1.0, "Добрый день, чем могу помочь?")):
        voice = tiny.voice(model, seconds)
        await _cpu_seconds(model, voice, text, BATCH)
        alone = await _cpu_seconds(model, voice, text, 1)
        together = await _cpu_seconds(model, voice, text, BATCH)
        print(
            f"\n{CLAUSES} clauses of {len(text)} characters: {alone:.2f} CPU s alone, "
            f"{together:.2f} in batches of {BATCH}, ratio {alone / together:.2f}"
        )


async def _cpu_seconds(model: F5Model, voice: Reference, text: str, max_batch: int) -> float:
    sizes: list[int] = []
    inference = Inference(
        model, max_batch=max_batch, queue_limit=CLAUSES, on_batch=lambda size, *_: sizes.append(size)
    )
    clauses = [Clause(voice, text, seed=seed, steps=7) for seed in range(CLAUSES)]
    speaking = [asyncio.ensure_future(inference.speak(clause)) for clause in clauses]
    # Begun with all of them waiting, so that it is certain who shares a pass.
    await asyncio.sleep(0)
    started = time.process_time()
    inference.start()
    try:
        await asyncio.gather(*speaking)
    finally:
        inference.close()
    assert set(sizes) == {max_batch}
    return time.process_time() - started
