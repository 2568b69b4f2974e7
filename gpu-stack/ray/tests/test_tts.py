"""The speech service on two replicas of a Ray cluster: real F5-TTS with a tiny random model, real HTTP."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import samples
import tiny
from cluster import replicas, served, until
from openai import APIError, AsyncOpenAI

from sidetone_common.models import ModelFile
from sidetone_ray import tts
from sidetone_tts.checkpoint import VOCODER

KEY = "a-key-between-services"
# Several clauses: nobody is done with them when everybody's first audio has come.
LONG = "Добрый день, вы позвонили в регистратуру, и я с удовольствием вам помогу. " * 4
SHORT = "Добрый день."
STREAMS = 8


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tts")
    recording = folder / "ref_audio.wav"
    recording.write_bytes(samples.file(samples.speech(6.0)))
    environment = {
        **_cached_model(folder / "models"),
        "API_KEY": KEY,
        "TTS_DEVICE": "cpu",
        # A busy machine may take its time.
        "TTS_DEADLINE_S": "600",
        "TTS_STRESS": "off",
        "TTS_REF_AUDIO": str(recording),
        "TTS_REF_TEXT": "Это пример моей речи, по нему и говорят.",
        "TTS_VOICES_DIR": str(folder / "voices"),
    }
    with served(tts.deployment, environment) as url:
        yield url


def _cached_model(folder: Path) -> dict[str, str]:
    """The tiny model where the service keeps what it has downloaded. Returns the settings that name it."""
    written = tiny.write(folder / "written")
    for file, source in (
        (ModelFile("tiny/random", "model.safetensors", "main", None), written.weights),
        (ModelFile("tiny/random", "vocab.txt", "main", None), written.vocab),
        *((file, written.vocoder / file.file) for file in VOCODER),
    ):
        path = file.path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
        digest = file.sha256 or "0" * 64
        path.with_name(path.name + ".sha256").write_text(f"{digest} {path.stat().st_size}\n")
    return {
        "TTS_MODELS_DIR": str(folder),
        "TTS_REPO": "tiny/random",
        "TTS_REVISION": "main",
        "TTS_WEIGHTS": "model.safetensors",
        "TTS_VOCAB": "vocab.txt",
    }


class Stream:
    """One reply, being listened to."""

    def __init__(self) -> None:
        self.replica = ""
        self.bytes = 0
        self.begun = asyncio.Event()

    async def listen(self, client: AsyncOpenAI, text: str) -> bool:
        """Whether it came to its end."""
        try:
            async with client.audio.speech.with_streaming_response.create(
                model="f5-tts",
                voice="default",
                input=text,
                response_format="pcm",
                extra_body={"seed": 1, "quality": "fast"},
            ) as response:
                self.replica = response.headers["x-replica"]
                async for chunk in response.iter_bytes():
                    self.bytes += len(chunk)
                    self.begun.set()
        except (APIError, httpx2.TransportError):
            return False
        return True


def _client(url: str) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)


async def _speak(client: AsyncOpenAI, text: str) -> Stream:
    stream = Stream()
    assert await stream.listen(client, text)
    return stream


async def test_is_below_its_prefix_what_it_is_alone(url: str) -> None:
    async with httpx2.AsyncClient(base_url=url) as plain:
        assert (await plain.get("/ready")).json() == {"status": "ready"}
        refused = await plain.get("/v1/models")
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
    async with _client(url) as client:
        assert [model.id async for model in client.models.list()] == ["f5-tts"]
        stream = await _speak(client, SHORT)
    assert stream.bytes > 0


async def test_streams_share_forward_passes_inside_a_replica(url: str) -> None:
    async with _client(url) as client:
        streams = await asyncio.gather(*(_speak(client, SHORT) for _ in range(2 * STREAMS)))
    assert len({stream.replica for stream in streams}) == 2
    # The same seed: who shared a pass with whom changes nothing.
    assert len({stream.bytes for stream in streams}) == 1
    async with httpx2.AsyncClient(base_url=url) as plain:
        text = (await plain.get("/metrics")).text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures["tts_batch_clauses_count"]) > float(figures['tts_batch_clauses_bucket{le="1.0"}'])


async def test_a_killed_replica_loses_its_own_streams_only_and_is_replaced(url: str) -> None:
    async with _client(url) as client:
        streams = [Stream() for _ in range(STREAMS)]
        listening = [asyncio.create_task(stream.listen(client, LONG)) for stream in streams]
        await asyncio.gather(*(stream.begun.wait() for stream in streams))
        before = replicas("tts")
        assert len(before) == 2
        victim = min(before)
        os.kill(victim, signal.SIGKILL)

        whole = await asyncio.gather(*listening)
        lost = {stream.replica for stream, done in zip(streams, whole, strict=True) if not done}
        assert len(lost) == 1
        kept = [stream for stream in streams if stream.replica not in lost]
        assert kept
        assert all(done for stream, done in zip(streams, whole, strict=True) if stream in kept)
        assert len({stream.bytes for stream in kept}) == 1

        # Callers who come now are served by the one that is left.
        for _ in range(5):
            assert (await _speak(client, SHORT)).replica not in lost
        await asyncio.to_thread(until, "two replicas", lambda: len(replicas("tts") - {victim}) == 2 or None)
        known = {stream.replica for stream in streams}
        fresh = await _until_answers(client, known)
    assert fresh not in known


async def _until_answers(client: AsyncOpenAI, known: set[str]) -> str:
    """The name of a replica that is not among the known ones, once it answers."""
    while True:
        streams = await asyncio.gather(*(_speak(client, SHORT) for _ in range(4)))
        for stream in streams:
            if stream.replica not in known:
                return stream.replica
