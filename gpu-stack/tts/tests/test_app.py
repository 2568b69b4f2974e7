"""The service over real HTTP, with a tiny random model, through OpenAI's own client."""

import base64
import io
import json
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
import openai
import pytest
import soundfile
import tiny
from fastapi import FastAPI, File, Form, Request, UploadFile
from openai.types.audio.speech_create_params import VoiceID
from samples import file as file_of
from samples import speech

from sidetone_common.testing.serving import serving
from sidetone_tts.app import create_app
from sidetone_tts.model import F5Model
from sidetone_tts.settings import Settings

SAMPLE = file_of(speech(6))
REF_TEXT = "Это голос, который нужно повторить, он говорит шесть секунд подряд."
LONG = "Здравствуйте! Столик на двоих свободен завтра в семь часов вечера, у окна. " * 4
KEY = "k-123"
# One for all: making a client costs more than most requests here.
HTTP = httpx.Client(timeout=60)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> F5Model:
    return tiny.model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("voices")
    (folder / "ref_audio.wav").write_bytes(SAMPLE)
    return Settings(
        device="cpu",
        stress="off",
        quality="fast",
        ref_audio=folder / "ref_audio.wav",
        ref_text=REF_TEXT,
        voices_dir=folder / "added",
    )


@pytest.fixture(scope="module")
def url(settings: Settings, model: F5Model) -> Iterator[str]:
    with serving(create_app(settings, model)) as root:
        yield root


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def data_url(data: bytes) -> str:
    return f"data:audio/wav;base64,{base64.b64encode(data).decode()}"


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2")


def test_ready_once_it_has_spoken(url: str) -> None:
    while (answer := HTTP.get(f"{url}/ready")).status_code == 503:
        assert answer.json()["error"]["code"] == "not_ready"
    assert answer.json() == {"status": "ready"}
    assert HTTP.get(f"{url}/health").json() == {"status": "alive"}
    assert "tts_first_audio_seconds_count 1.0" in HTTP.get(f"{url}/metrics").text


def test_speaks_raw_pcm(client: openai.OpenAI) -> None:
    spoken = client.audio.speech.create(
        model="f5-tts", voice="default", input="Добрый день!", response_format="pcm"
    )
    assert spoken.response.headers["content-type"] == "audio/pcm"
    sound = samples(spoken.content)
    assert 0.4 < len(sound) / 24_000 < 5
    assert sound.any()


def test_speaks_a_wav_that_can_be_read(client: openai.OpenAI) -> None:
    spoken = client.audio.speech.create(model="f5-tts", voice="default", input="Добрый день!")
    assert spoken.response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(spoken.content)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (24_000, 1, 2)
    audio, rate = soundfile.read(io.BytesIO(spoken.content))
    assert (len(audio), rate) == ((len(spoken.content) - 44) // 2, 24_000)


def test_a_seed_gives_the_same_speech_and_none_another(client: openai.OpenAI) -> None:
    def say(**more: object) -> bytes:
        return client.audio.speech.create(
            model="f5-tts", voice="default", input="Добрый день!", response_format="pcm", extra_body=more
        ).content

    assert say(seed=7) == say(seed=7)
    assert len({say(seed=7), say(seed=8), say(), say()}) == 4


def test_speed_and_quality(client: openai.OpenAI) -> None:
    def say(speed: float, quality: object) -> np.ndarray:
        return samples(
            client.audio.speech.create(
                model="f5-tts",
                voice="default",
                input=LONG[:40],
                response_format="pcm",
                speed=speed,
                extra_body={"seed": 1, "quality": quality},
            ).content
        )

    assert len(say(0.5, 7)) == pytest.approx(2 * len(say(1, 7)), rel=0.05)
    assert (say(1, "best") == say(1, 16)).all()
    assert (say(1, 7) != say(1, 16)).any()


def test_long_text_comes_clause_by_clause(url: str) -> None:
    body = {"model": "f5-tts", "input": LONG, "response_format": "pcm", "stream_format": "audio"}
    with HTTP.stream("POST", f"{url}/v1/audio/speech", json=body) as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 1
    assert len(pieces[0]) < sum(map(len, pieces)) / 3


def test_events(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="f5-tts", voice="default", input=LONG, response_format="pcm", stream_format="sse"
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line]
    assert [event["type"] for event in events[:-1]] == ["speech.audio.delta"] * (len(events) - 1)
    assert len(events) > 2
    assert events[-1]["type"] == "speech.audio.done"
    assert sum(len(base64.b64decode(event["audio"])) for event in events[:-1]) / 48_000 > 10


def test_what_our_own_client_sends(url: str) -> None:
    cloned = {
        "model": "f5-tts",
        "input": "Столик на двоих свободен.",
        "ref_audio": data_url(SAMPLE),
        "ref_text": REF_TEXT,
        "response_format": "pcm",
        "stream_format": "audio",
        "language": "Russian",
    }
    answer = HTTP.post(f"{url}/v1/audio/speech", json=cloned, headers={"Accept": "application/octet-stream"})
    assert answer.status_code == 200
    assert samples(answer.content).any()


def test_voices_are_added_used_listed_and_deleted(url: str, client: openai.OpenAI) -> None:
    form = {"name": "Анна", "consent": "согласие от 3 мая, подписано", "ref_text": REF_TEXT}
    added = HTTP.post(f"{url}/v1/audio/voices", data=form, files={"audio_sample": ("a.mp3", SAMPLE)})
    assert added.status_code == 200, added.text
    assert added.json()["voice"]["name"] == "Анна"
    again = HTTP.post(f"{url}/v1/audio/voices", data=form, files={"audio_sample": ("a.mp3", SAMPLE)})
    assert again.json()["error"]["code"] == "voice_exists"
    listed = HTTP.get(f"{url}/v1/audio/voices").json()
    assert listed["voices"] == ["default", "Анна"]
    assert listed["uploaded_voices"][0]["ref_text"] == REF_TEXT
    voice = VoiceID(id="Анна")
    spoken = client.audio.speech.create(model="f5-tts", voice=voice, input="Добрый день!")
    assert len(spoken.content) > 10_000
    assert HTTP.delete(f"{url}/v1/audio/voices/Анна").json()["success"]
    assert HTTP.delete(f"{url}/v1/audio/voices/Анна").status_code == 404
    with pytest.raises(openai.BadRequestError, match="the voices here are default"):
        client.audio.speech.create(model="f5-tts", voice="Анна", input="Добрый день!")


@pytest.mark.parametrize(
    ("form", "sample", "param", "reason"),
    [
        ({"consent": " "}, SAMPLE, "consent", "consent is empty"),
        ({"name": "../../etc/passwd"}, SAMPLE, "name", "letters, digits"),
        ({"name": "default"}, SAMPLE, "name", "TTS_REF_AUDIO"),
        ({"ref_text": None}, SAMPLE, "audio_sample", "no STT_API_URL is set"),
        ({"ref_text": "Да."}, SAMPLE, "audio_sample", "letters for each second"),
        ({}, b"MZ" + b"\0" * 100, "audio_sample", "no WAV, FLAC, Ogg or MP3"),
        ({}, file_of(speech(3)), "audio_sample", "s of speech found, 5 needed"),
        ({}, file_of(speech(20)), "audio_sample", "its text would not fit"),
    ],
)
def test_a_voice_that_cannot_serve(
    url: str, form: dict[str, str | None], sample: bytes, param: str, reason: str
) -> None:
    whole = {"name": "boris", "consent": "да", "ref_text": REF_TEXT} | form
    kept = {name: value for name, value in whole.items() if value is not None}
    answer = HTTP.post(f"{url}/v1/audio/voices", data=kept, files={"audio_sample": ("a.wav", sample)})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert reason in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "status", "param", "reason"),
    [
        ({"model": "tts-1"}, 404, "model", "f5-tts is served here"),
        ({"voice": "alloy"}, 400, "voice", "the voices here are default"),
        ({"voice": "../../../etc"}, 400, "voice", "the voices here are"),
        ({"response_format": "mp3"}, 400, "response_format", "pcm and wav"),
        ({"input": "а" * 5000}, 400, "input", "longer than 4096 characters"),
        ({"input": "  ...  "}, 400, "input", "no word"),
        ({"speed": 9}, 400, "speed", "less than or equal to 4"),
        ({"quality": 13}, 400, "quality", "16"),
        ({"seed": -1}, 400, "seed", "greater than or equal to 0"),
        ({"language": "German"}, 400, "language", "ru and en"),
        ({"stream_format": "xml"}, 400, "stream_format", "audio"),
        ({"ref_audio": "https://example.com/a.wav"}, 400, "ref_audio", "nothing is fetched"),
        ({"ref_audio": "data:audio/wav;base64,я"}, 400, "ref_audio", "data URL"),
        ({"ref_audio": data_url(b"hello")}, 400, "ref_audio", "no WAV, FLAC, Ogg or MP3"),
    ],
)
def test_a_request_that_cannot_be_met(
    url: str, change: dict[str, object], status: int, param: str, reason: str
) -> None:
    body = {"model": "f5-tts", "voice": "default", "input": "Добрый день!"} | change
    answer = HTTP.post(f"{url}/v1/audio/speech", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param), error
    assert reason in error["message"]


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["f5-tts"]
    assert client.models.retrieve("f5-tts").owned_by == "Misha24-10/F5-TTS_RUSSIAN"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("whisper")


def test_shows_how_a_text_is_said(url: str) -> None:
    shown = HTTP.post(f"{url}/debug/normalize", json={"input": "Мне 5 лет", "language": "ru-RU"}).json()
    assert "пять" in shown["text"]
    assert shown["steps"][-1]["text"] == shown["text"]


def test_numbers_are_kept(url: str) -> None:
    text = HTTP.get(f"{url}/metrics").text
    for name in (
        "tts_steps_total",
        "tts_batch_clauses_sum",
        "tts_real_time_factor_sum",
        "tts_audio_seconds_total",
    ):
        assert float(text.split(f"\n{name} ")[1].split()[0]) > 0
    assert "tts_active_requests 0.0" in text


def test_a_key_is_asked_for(settings: Settings, model: F5Model) -> None:
    with serving(create_app(replace(settings, api_key=KEY), model)) as url:
        body = {"model": "f5-tts", "input": "Да."}
        assert HTTP.post(f"{url}/v1/audio/speech", json=body).status_code == 401
        assert HTTP.get(f"{url}/health").status_code == 200
        with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
            assert client.models.list().data


def test_an_upload_too_large(settings: Settings, model: F5Model) -> None:
    with serving(create_app(replace(settings, max_upload_mib=0.1), model)) as url:
        form = {"name": "boris", "consent": "да", "ref_text": REF_TEXT}
        answer = HTTP.post(f"{url}/v1/audio/voices", data=form, files={"audio_sample": ("a.wav", SAMPLE)})
        assert answer.status_code == 413


def test_without_a_default_voice(settings: Settings, model: F5Model, tmp_path: Path) -> None:
    with serving(create_app(replace(settings, ref_audio=tmp_path / "missing.wav"), model)) as url:
        while HTTP.get(f"{url}/ready").status_code == 503:
            pass
        answer = HTTP.post(f"{url}/v1/audio/speech", json={"model": "f5-tts", "input": "Да."})
        assert answer.status_code == 400
        assert "missing.wav (TTS_REF_AUDIO)" in answer.json()["error"]["message"]
        assert HTTP.get(f"{url}/v1/audio/voices").json()["voices"] == []


def test_a_recording_without_its_text_is_transcribed_once(settings: Settings, model: F5Model) -> None:
    heard: list[tuple[str, int, str]] = []
    recogniser = FastAPI()

    @recogniser.post("/v1/audio/transcriptions")
    async def transcribe(
        request: Request, file: Annotated[UploadFile, File()], model: Annotated[str, Form()]
    ) -> dict[str, str]:
        audio, rate = soundfile.read(io.BytesIO(await file.read()))
        assert rate == 24_000
        heard.append((model, round(len(audio) / rate), request.headers["authorization"]))
        return {"text": REF_TEXT}

    with serving(recogniser) as stt:
        own = replace(settings, stt_url=f"{stt}/v1", ref_text=None, api_key=KEY)
        with serving(create_app(own, model)) as url:
            body = {"model": "f5-tts", "input": "Да.", "ref_audio": data_url(SAMPLE)}
            headers = {"Authorization": f"Bearer {KEY}"}
            for _ in range(3):
                assert HTTP.post(f"{url}/v1/audio/speech", json=body, headers=headers).status_code == 200
    assert heard == [("large-v3-turbo", 6, f"Bearer {KEY}")]
