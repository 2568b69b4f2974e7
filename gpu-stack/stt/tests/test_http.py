"""Over real HTTP, as OpenAI's own client and others ask."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import numpy as np
import openai
import pytest
from conftest import wait_until_ready, wav
from openai import OpenAI

from sidetone_common.testing.serving import serving
from sidetone_stt.app import create_app
from sidetone_stt.engine import Listener
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment

KEY = {"Authorization": "Bearer k"}


def test_json(client: OpenAI, settings: Settings, russian: Audio) -> None:
    answer = client.audio.transcriptions.create(model=settings.model, file=wav(russian), language="ru")
    assert answer.text == answer.text.strip() != ""
    assert answer.usage is not None
    assert answer.usage.type == "duration"
    assert answer.usage.seconds == pytest.approx(len(russian) / RATE, abs=1)


def test_text(client: OpenAI, settings: Settings, russian: Audio) -> None:
    def ask(kind: str) -> object:
        return client.audio.transcriptions.create(
            model=settings.model,
            file=wav(russian),
            language="ru",
            response_format=kind,  # type: ignore[call-overload] # a choice at run time
        )

    whole = ask("text")
    assert isinstance(whole, str)
    assert whole.strip()
    assert "-->" in str(ask("srt"))
    assert str(ask("vtt")).startswith("WEBVTT")


def test_verbose_json_with_times_of_words(client: OpenAI, settings: Settings, russian: Audio) -> None:
    answer = client.audio.transcriptions.create(
        model=settings.model,
        file=wav(russian),
        language="ru",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert answer.language == "ru"
    assert answer.duration == pytest.approx(len(russian) / RATE, abs=0.1)
    assert answer.segments
    assert answer.words
    starts = [word.start for word in answer.words]
    assert starts == sorted(starts)
    assert 0 <= starts[0] <= answer.words[-1].end <= answer.duration + 0.1
    plain = client.audio.transcriptions.create(
        model=settings.model, file=wav(russian), language="ru", response_format="verbose_json"
    )
    assert plain.words is None


def test_streamed_deltas_add_up_to_the_text(client: OpenAI, settings: Settings, jfk: Audio) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    file = wav(np.concatenate([jfk, pause, jfk]))
    events = list(
        client.audio.transcriptions.create(model=settings.model, file=file, language="en", stream=True)
    )
    *deltas, done = events
    assert len(deltas) > 1
    assert done.type == "transcript.text.done"
    assert "".join(event.delta for event in deltas if event.type == "transcript.text.delta") == done.text
    whole = client.audio.transcriptions.create(model=settings.model, file=file, language="en")
    assert whole.text == done.text


def test_silence_is_an_empty_text(client: OpenAI, settings: Settings) -> None:
    silence = wav(np.zeros(RATE, np.float32))
    assert client.audio.transcriptions.create(model=settings.model, file=silence).text == ""
    [done] = client.audio.transcriptions.create(model=settings.model, file=silence, stream=True)
    assert done.type == "transcript.text.done"
    assert done.text == ""


def test_models(client: OpenAI, settings: Settings) -> None:
    assert [model.id for model in client.models.list()] == [settings.model]
    assert client.models.retrieve(settings.model).owned_by == "sidetone"
    with pytest.raises(openai.NotFoundError, match="no model whisper-1 here"):
        client.models.retrieve("whisper-1")


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"model": "whisper-9"}, openai.NotFoundError, "there is no model whisper-9"),
        ({"language": "klingon"}, openai.BadRequestError, "klingon"),
        ({"temperature": 3}, openai.BadRequestError, "temperature"),
        ({"response_format": "xml"}, openai.BadRequestError, "response_format"),
        ({"file": ("a.wav", b"no audio at all")}, openai.BadRequestError, "no audio that is known"),
        ({"file": ("a.wav", bytes(3 * 2**20))}, openai.APIStatusError, "larger than 2 MiB"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    client: OpenAI,
    settings: Settings,
    changed: dict[str, object],
    error: type[openai.APIStatusError],
    said: str,
) -> None:
    request = {"model": settings.model, "file": wav(np.zeros(RATE, np.float32)), **changed}
    with pytest.raises(error, match=said):
        client.audio.transcriptions.create(**request)  # type: ignore[call-overload] # wrong on purpose
    with pytest.raises(error, match=said):
        list(client.audio.transcriptions.create(**request, stream=True))  # type: ignore[call-overload]


def test_the_key_is_asked_for(served: str, settings: Settings) -> None:
    with (
        OpenAI(base_url=f"{served}/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.audio.transcriptions.create(model=settings.model, file=wav(np.zeros(RATE, np.float32)))


def test_requests_at_the_same_time_share_passes(
    client: OpenAI, served: str, settings: Settings, russian: Audio
) -> None:
    def ask(_: int) -> str:
        return client.audio.transcriptions.create(model=settings.model, file=wav(russian), language="ru").text

    before = figures(served)
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(ask, range(8)))
    after = figures(served)
    assert len(texts) == 1
    windows = after["stt_batch_size_sum"] - before["stt_batch_size_sum"]
    passes = after["stt_batch_size_count"] - before["stt_batch_size_count"]
    assert windows > passes
    assert after["stt_audio_seconds_total"] > before["stt_audio_seconds_total"]
    assert after["stt_requests_in_progress"] == 0


def figures(url: str) -> dict[str, float]:
    lines = httpx2.get(f"{url}/metrics").text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


class Held:
    """An engine that hears until it is told to stop."""

    name = "held"

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go = threading.Event()
        self.cancelled = threading.Event()

    def load(self) -> None:
        pass

    def close(self) -> None:
        pass

    def check(self, options: Options) -> None:
        pass

    async def transcribe(self, audio: Audio, options: Options) -> AsyncIterator[Segment]:
        self.began.set()
        try:
            while not self.go.is_set():
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        yield Segment(" Да.", 0, 1, 0, 1, 0, 0, "ru")

    def listen(self, options: Options) -> Listener:
        raise NotImplementedError


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def held_url(held: Held, settings: Settings) -> Iterator[str]:
    with serving(create_app(replace(settings, max_requests=1), held)) as url:
        wait_until_ready(url)
        yield url


def ask_held(url: str, stream: bool = False) -> httpx2.Response:
    return httpx2.post(
        f"{url}/v1/audio/transcriptions",
        headers=KEY,
        data={"model": "held", "stream": str(stream)},
        files={"file": wav(np.zeros(RATE, np.float32))},
    )


@pytest.mark.parametrize("stream", [False, True])
def test_a_full_service_says_when_to_come_again(held: Held, held_url: str, stream: bool) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask_held, held_url, stream)
        held.began.wait()
        refused = ask_held(held_url, stream)
        held.go.set()
        assert first.result().status_code == 200
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["error"]["code"] == "queue_full"
    assert ask_held(held_url, stream).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_who_hangs_up_frees_the_place(held: Held, held_url: str, stream: bool) -> None:
    request = httpx2.Request(
        "POST",
        f"{held_url}/v1/audio/transcriptions",
        headers=KEY,
        data={"model": "held", "stream": str(stream)},
        files={"file": wav(np.zeros(RATE, np.float32))},
    )
    address = httpx2.URL(held_url)
    with socket.create_connection((address.host, address.port or 80)) as connection:
        head = f"POST {request.url.path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        connection.sendall(head.encode() + b"\r\n" + request.read())
        held.began.wait()
    held.cancelled.wait()
    held.go.set()
    assert ask_held(held_url, stream).status_code == 200


def test_without_its_model_it_lives_but_is_never_ready(settings: Settings) -> None:
    with serving(create_app(replace(settings, model="no-such-model"))) as url:
        assert httpx2.get(f"{url}/health").status_code == 200
        while (answer := httpx2.get(f"{url}/ready")).json()["error"]["code"] == "starting":
            pass
        assert answer.status_code == 503
        assert "STT_MODEL=no-such-model: no such model" in answer.json()["error"]["message"]
        refused = httpx2.post(
            f"{url}/v1/audio/transcriptions",
            headers=KEY,
            data={"model": "no-such-model"},
            files={"file": b"RIFF"},
        )
        assert refused.status_code == 503
