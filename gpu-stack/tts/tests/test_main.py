"""`python -m sidetone_tts`, as its container runs it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import tiny
from samples import file, speech

from sidetone_common.models import ModelFile
from sidetone_tts.__main__ import main
from sidetone_tts.checkpoint import VOCODER
from sidetone_tts.doctor import examine
from sidetone_tts.settings import Settings

REF_TEXT = "Это голос, который нужно повторить, он говорит шесть секунд подряд."
LONG = "Здравствуйте! Столик на двоих свободен завтра в семь часов вечера, у окна. " * 4
# One for all: making a client costs more than most requests here.
HTTP = httpx.Client(timeout=60)


def put(model: ModelFile, source: Path, folder: Path) -> None:
    """Into the cache, as found right earlier: the tiny vocoder cannot have the hash of the real one."""
    path = model.path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.read_bytes())
    sidecar = path.with_name(path.name + ".sha256")
    sidecar.write_text(f"{model.sha256 or '0' * 64} {path.stat().st_size}\n")


def test_a_stop_lets_the_speech_in_progress_finish(tmp_path: Path) -> None:
    checkpoint = tiny.write(tmp_path / "tiny")
    source, models = Settings().source, tmp_path / "models"
    put(source.weights, checkpoint.weights, models)
    put(source.vocab, checkpoint.vocab, models)
    for part in VOCODER:
        put(part, checkpoint.vocoder / part.file, models)
    (tmp_path / "ref_audio.wav").write_bytes(file(speech(6)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "TTS_HOST": "127.0.0.1",
        "TTS_PORT": str(port),
        "TTS_MODELS_DIR": str(models),
        "TTS_DEVICE": "cpu",
        "TTS_STRESS": "off",
        "TTS_REF_AUDIO": str(tmp_path / "ref_audio.wav"),
        "TTS_REF_TEXT": REF_TEXT,
        "TTS_QUALITY": "fast",
    }
    command = [sys.executable, "-m", "sidetone_tts"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr
        while "service.ready" not in (line := service.stderr.readline()):
            assert line, "the service ended"
        url = f"http://127.0.0.1:{port}/v1/audio/speech"
        body = {"model": "f5-tts", "input": LONG, "response_format": "pcm", "seed": 1}
        whole = HTTP.post(url, json=body).content
        with HTTP.stream("POST", url, json=body) as answer:
            pieces = answer.iter_raw()
            received = next(pieces)
            service.send_signal(signal.SIGTERM)
            received += b"".join(pieces)
        assert received == whole
        log = service.stderr.read()
    assert log.count("speech.done") == 2
    assert "Столик" not in log


def test_doctor_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPU_MEMORY_GIB", "8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(
            host="127.0.0.1",
            port=taken.getsockname()[1],
            arch="F5TTS_Base",
            models_dir=tmp_path,
            hf_endpoint="http://127.0.0.1:9",
            stress="off",
            ref_audio=tmp_path / "ref_audio.wav",
        )
        assert examine(settings) == 1
    said = capsys.readouterr().out
    for line in (
        "ok   F5-TTS: ",
        "FAIL checkpoint: Misha24-10/F5-TTS_RUSSIAN/F5TTS_v1_Base_v2/model_last_inference.safetensors is a",
        "?    model charactr/vocos-mel-24khz@",
        "?    hub: http://127.0.0.1:9 cannot be reached",
        f"FAIL voice: {tmp_path}/ref_audio.wav cannot be read (No such file or directory)",
        "     -> put a recording of 5 to 10 s there",
        "cannot be listened on",
        "FAIL GPU memory: ",
        "GiB too small",
    ):
        assert line in said, line


@pytest.mark.parametrize(
    ("recording", "finding"),
    [
        (file(speech(6)), "nobody says what is said in it"),
        (file(speech(3)), "2.5 s of speech found, 5 needed"),
    ],
)
def test_doctor_judges_the_voice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recording: bytes, finding: str
) -> None:
    (tmp_path / "a.wav").write_bytes(recording)
    settings = Settings(
        host="127.0.0.1",
        device="cpu",
        models_dir=tmp_path,
        hf_endpoint="http://127.0.0.1:9",
        stress="off",
        ref_audio=tmp_path / "a.wav",
    )
    assert examine(settings) == 1
    assert finding in capsys.readouterr().out


def test_settings_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["help"]) == 2
    assert "usage" in capsys.readouterr().err
    monkeypatch.setenv("TTS_QUALITY", "superb")
    assert main([]) == 2
    assert capsys.readouterr().err == "settings: TTS_QUALITY=superb: allowed are fast, balanced, best\n"
