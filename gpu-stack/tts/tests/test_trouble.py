"""What happens when there is too much to do, somebody hangs up, the model fails, or nothing can start."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import openai
import pytest
import tiny
from samples import file, speech

from sidetone_common.models import ModelError
from sidetone_common.testing.serving import serving
from sidetone_tts.app import create_app
from sidetone_tts.batch import Sampling
from sidetone_tts.model import F5Model
from sidetone_tts.settings import Settings

REF_TEXT = "Это голос, который нужно повторить, он говорит шесть секунд подряд."
LONG = "Здравствуйте! Столик на двоих свободен завтра в семь часов вечера, у окна. " * 4
BODY: dict[str, object] = {"model": "f5-tts", "input": "Добрый день!", "response_format": "pcm"}
# One for all: making a client costs more than most requests here.
HTTP = httpx.Client(timeout=60)


class Gate:
    """Counts the model's forward passes from 1, and holds them, or lets them fail, from one of them on."""

    def __init__(self, model: F5Model) -> None:
        self.passes = 0
        self.held = threading.Event()
        self._hold_at: int | None = None
        self._fail_at: int | None = None
        self._released = threading.Event()
        self._model = model

    def advance(self, samplings: list[Sampling]) -> None:
        self.passes += 1
        if self._hold_at is not None and self.passes >= self._hold_at:
            self.held.set()
            self._released.wait()
        if self._fail_at is not None and self.passes >= self._fail_at:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        F5Model.advance(self._model, samplings)

    def count_again(self, *, hold_at: int | None = None, fail_at: int | None = None) -> None:
        self.passes, self._hold_at, self._fail_at = 0, hold_at, fail_at

    def release(self) -> None:
        self._hold_at = None
        self._released.set()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> F5Model:
    return tiny.model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def gate(model: F5Model, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(model)
    monkeypatch.setattr(model, "advance", gate.advance)
    yield gate
    gate.release()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "ref_audio.wav").write_bytes(file(speech(6)))
    return Settings(
        device="cpu",
        stress="off",
        quality="fast",
        ref_audio=tmp_path / "ref_audio.wav",
        ref_text=REF_TEXT,
        voices_dir=tmp_path / "added",
        models_dir=tmp_path / "models",
        hf_endpoint="http://127.0.0.1:9",
    )


def ready(url: str) -> str:
    while HTTP.get(f"{url}/ready").status_code != 200:
        pass
    return url


def metric(url: str, name: str) -> float:
    return float(HTTP.get(f"{url}/metrics").text.split(f"\n{name} ")[1].split()[0])


def say(url: str, **more: object) -> httpx.Response:
    return HTTP.post(f"{url}/v1/audio/speech", json=BODY | more)


def test_too_many_requests(settings: Settings, model: F5Model, gate: Gate) -> None:
    busy = create_app(replace(settings, max_batch=1, queue_limit=1), model)
    with serving(busy) as root, ThreadPoolExecutor() as callers:
        url = ready(root)
        gate.count_again(hold_at=1)
        first, second = callers.submit(say, url), callers.submit(say, url)
        while metric(url, "tts_active_requests") < 2:
            pass
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        with client, pytest.raises(openai.RateLimitError, match="2 requests") as refused:
            client.audio.speech.create(model="f5-tts", voice="default", input="Да.")
        assert refused.value.code == "queue_full"
        assert refused.value.response.headers["retry-after"] == "1"
        assert metric(url, 'tts_refused_total{reason="queue_full"}') == 1
        gate.release()
        assert (first.result().status_code, second.result().status_code) == (200, 200)
        assert say(url).status_code == 200


def test_too_late(settings: Settings, model: F5Model) -> None:
    with serving(create_app(replace(settings, deadline_s=1e-6), model)) as url:
        late = say(url)
        assert late.status_code == 503
        assert late.json()["error"]["code"] == "deadline_passed"
        assert "retry-after" in late.headers
        while "warm-up failed" not in (why := HTTP.get(f"{url}/ready").json()["error"]["message"]):
            pass
        assert "not spoken within" in why


@pytest.mark.parametrize("clause", [1, 2])
def test_hanging_up_stops_the_model(settings: Settings, model: F5Model, gate: Gate, clause: int) -> None:
    with serving(create_app(settings, model)) as root:
        url = ready(root)
        held = (clause - 1) * settings.steps + 1
        gate.count_again(hold_at=held)
        host, port = url.removeprefix("http://").split(":")
        body = json.dumps(BODY | {"input": LONG}).encode()
        head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            gate.held.wait()
        while metric(url, "tts_active_requests") > 0:
            pass
        gate.release()
        assert say(url).status_code == 200
        # The pass that was under way when the line went dead, and then those of the next request.
        assert gate.passes == held + settings.steps


def test_a_model_that_fails_midway(settings: Settings, model: F5Model, gate: Gate) -> None:
    with serving(create_app(settings, model)) as root:
        url = ready(root)
        in_the_second_clause = settings.steps + 1
        gate.count_again(fail_at=in_the_second_clause)
        received = 0
        request = HTTP.stream("POST", f"{url}/v1/audio/speech", json=BODY | {"input": LONG})
        with pytest.raises(httpx.RemoteProtocolError), request as answer:
            for piece in answer.iter_raw():
                received += len(piece)
        assert received > 24_000

        gate.count_again(fail_at=in_the_second_clause)
        events = say(url, input=LONG, stream_format="sse").text.strip().split("\n\n")
        assert ["speech.audio.delta" in event for event in events] == [True, False]
        assert events[1].startswith("event: error\ndata: ")
        error = json.loads(events[1].split("data: ")[1])["error"]
        assert error["code"] == "speech_failed"
        assert "illegal memory access" in error["message"]

        gate.count_again(fail_at=1)
        assert say(url).status_code == 500
        gate.count_again()
        assert say(url).status_code == 200


def test_a_model_that_fails_for_good_is_not_healthy(settings: Settings, model: F5Model, gate: Gate) -> None:
    with serving(create_app(settings, model)) as root:
        url = ready(root)
        gate.count_again(fail_at=1)
        while HTTP.get(f"{url}/health").status_code == 200:
            assert say(url).status_code == 500
        assert "Start the service anew" in HTTP.get(f"{url}/ready").json()["error"]["message"]


def test_requests_at_the_same_moment_share_the_passes(settings: Settings, model: F5Model, gate: Gate) -> None:
    with serving(create_app(settings, model)) as root, ThreadPoolExecutor() as callers:
        url = ready(root)
        alone = [say(url, seed=seed).content for seed in range(4)]
        gate.count_again(hold_at=1)
        first = callers.submit(say, url, seed=0)
        gate.held.wait()
        others = [callers.submit(say, url, seed=seed) for seed in range(1, 4)]
        while metric(url, "tts_queue_clauses") < 3:
            pass
        gate.release()
        together = [caller.result().content for caller in (first, *others)]
        # One pass for the first alone, six with all, one for the others.
        assert gate.passes == settings.steps + 1
        assert [len(speech) for speech in together] == [len(speech) for speech in alone]


def test_a_recogniser_that_is_not_there(settings: Settings, model: F5Model) -> None:
    deaf = replace(settings, ref_text=None, stt_url="http://127.0.0.1:9/v1")
    with serving(create_app(deaf, model)) as url:
        answer = say(url)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "not_transcribed"
        assert "http://127.0.0.1:9/v1 cannot be reached" in answer.json()["error"]["message"]


def test_not_ready_until_the_voice_can_be_used(settings: Settings, model: F5Model) -> None:
    settings.ref_audio.write_bytes(file(speech(3)))
    with serving(create_app(settings, model)) as url:
        while "speech found" not in (why := HTTP.get(f"{url}/ready").json()["error"]["message"]):
            pass
        assert "ref_audio: 2.5 s of speech found, 5 needed" in why
        assert HTTP.get(f"{url}/health").status_code == 200
        own = base64.b64encode(file(speech(6))).decode()
        assert say(url, ref_audio=f"data:audio/wav;base64,{own}", ref_text=REF_TEXT).status_code == 200


async def test_without_its_checkpoint_it_does_not_start(settings: Settings) -> None:
    app = create_app(settings)
    with pytest.raises(ModelError, match=r"model_last_inference\.safetensors is not cached"):
        async with app.router.lifespan_context(app):
            pass
