"""The adapter, through the real sherpa-onnx with a model of arithmetic."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tiny_t_one
from conftest import wait_until_ready
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeTranscriptionSessionAudioParam
from tiny_t_one import ABOVE, BELOW

from sidetone_common.errors import ApiError
from sidetone_common.testing.serving import serving
from sidetone_stt import t_one
from sidetone_stt.app import create_app
from sidetone_stt.audio import Resampler
from sidetone_stt.settings import Settings
from sidetone_stt.t_one import TOneEngine
from sidetone_stt.transcript import RATE, Audio, Options

pytest.importorskip("onnx", reason="see requirements-test.txt")


RU = Options(language="ru")


@pytest.fixture
def batches() -> list[int]:
    return []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(engine="t-one", models=tmp_path, device="cpu", hub="http://127.0.0.1:9")
    # As the download would leave them, so that no hub is asked.
    model = t_one.weights(settings).path(tmp_path)
    for file in tiny_t_one.write(model.parent):
        digest = "0" * 64
        file.with_name(file.name + ".sha256").write_text(f"{digest} {file.stat().st_size}\n")
    return settings


@pytest.fixture
def engine(settings: Settings, batches: list[int]) -> Iterator[TOneEngine]:
    engine = TOneEngine(settings, on_pass=lambda batch, seconds: batches.append(batch))
    engine.load()
    yield engine
    engine.close()


def sound(level: float, seconds: float) -> Audio:
    return np.full(int(RATE * seconds), level, np.float32)


def sounds(*levels: float) -> Audio:
    """Each for half a second, and as much silence after it."""
    return np.concatenate([part for level in levels for part in (sound(level, 0.5), sound(0, 0.5))])


async def test_what_is_certain_comes_while_somebody_speaks(engine: TOneEngine) -> None:
    listener = engine.listen(RU)
    stream = sounds(ABOVE, BELOW, ABOVE)
    deltas = [await listener.feed(packet) for packet in np.split(stream, 150)]
    assert "".join(deltas).startswith("аб")
    # Long before the end.
    assert "".join(deltas[:50]) == "а"
    assert await listener.finish() == "аба"


async def test_the_last_sound_is_not_lost(engine: TOneEngine) -> None:
    listener = engine.listen(RU)
    await listener.feed(np.concatenate([sound(0, 0.5), sound(BELOW, 0.2)]))
    assert await listener.finish() == "б"


async def test_callers_who_speak_at_once_are_heard_apart_in_shared_passes(
    engine: TOneEngine, batches: list[int]
) -> None:
    spoken = {"аб": (ABOVE, BELOW), "ба": (BELOW, ABOVE), "ббб": (BELOW, BELOW, BELOW), "а": (ABOVE,)}

    async def hear(levels: tuple[float, ...]) -> str:
        listener = engine.listen(RU)
        for packet in np.split(sounds(*levels), 10):
            await listener.feed(packet)
        return await listener.finish()

    assert await asyncio.gather(*map(hear, spoken.values())) == list(spoken)
    assert max(batches) > 1


async def test_a_file_is_one_segment_and_silence_none(engine: TOneEngine) -> None:
    [segment] = [segment async for segment in engine.transcribe(sounds(ABOVE), RU)]
    assert (segment.text, segment.start, segment.end, segment.language) == ("а", 0, 1, "ru")
    assert [segment async for segment in engine.transcribe(sound(0, 1), RU)] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [(Options(language="en"), "Russian only"), (Options(language="ru", words=True), "times of words")],
)
def test_what_it_cannot_do_is_refused(engine: TOneEngine, options: Options, said: str) -> None:
    engine.check(RU)
    engine.check(Options())
    with pytest.raises(ApiError, match=said):
        engine.check(options)


async def test_a_realtime_session_shows_the_words_as_they_are_spoken(settings: Settings) -> None:
    with serving(create_app(settings)) as url:
        await asyncio.to_thread(wait_until_ready, url)
        client = AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        async with client.realtime.connect(model="t-one") as connection:
            audio: RealtimeTranscriptionSessionAudioParam = {
                "input": {"turn_detection": None, "transcription": {"language": "ru"}}
            }
            await connection.session.update(session={"type": "transcription", "audio": audio})
            pcm = (Resampler(RATE, 24_000).push(sounds(ABOVE, BELOW)) * 32767).astype("<i2")
            for packet in np.split(pcm, 100):
                encoded = base64.b64encode(packet.tobytes()).decode()
                await connection.input_audio_buffer.append(audio=encoded)
            await connection.input_audio_buffer.commit()
            deltas = []
            async for event in connection:
                if event.type == "conversation.item.input_audio_transcription.delta":
                    deltas.append(event.delta)
                elif event.type == "conversation.item.input_audio_transcription.completed":
                    break
        await client.close()
    assert event.to_dict()["transcript"] == "аб"
    assert deltas == ["а", "б"]
