import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sidetone_common.doctor import Check
from sidetone_common.testing.hub import Hub, hub
from sidetone_stt import whisper_files
from sidetone_stt.doctor import checks
from sidetone_stt.settings import Settings

PINNED = "dropbox-dash/faster-whisper-large-v3-turbo@0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf:model.bin"


def examined(settings: Settings, url: str) -> dict[str, Check]:
    return {check.name: check for check in checks(replace(settings, hub=url, host="127.0.0.1"))}


def test_a_model_in_a_folder(settings: Settings, tmp_path: Path) -> None:
    with hub(Hub({"api/models": b"[]"})) as state:
        found = examined(settings, state.url)
        assert found[f"model {settings.model}"].ok is True
        empty = examined(replace(settings, model=str(tmp_path)), state.url)
    assert empty[f"model {tmp_path}"].ok is False


def test_the_default_model_is_one_exact_file_that_need_not_be_there_yet(tmp_path: Path) -> None:
    settings = Settings(models=tmp_path, device="cpu")
    with hub(Hub({"api/models": b"[]"})) as state:
        found = examined(settings, state.url)
    model = found[f"model {PINNED}"]
    assert model.ok is None
    assert "first start downloads it" in model.fix
    assert found["clock"].ok is True


def test_a_rejected_token(tmp_path: Path) -> None:
    settings = Settings(models=tmp_path, device="cpu", hf_token="old")
    with hub(Hub({}, token="new")) as state:
        found = examined(settings, state.url)
    assert found["HF_TOKEN"].ok is False
    assert "settings/tokens" in found["HF_TOKEN"].fix


def test_an_unknown_model_ends_the_examination(tmp_path: Path) -> None:
    found = examined(Settings(models=tmp_path, model="large-v33"), "http://127.0.0.1:9")
    assert found["model"].ok is False
    assert "large-v3-turbo" in found["model"].found


def test_a_model_is_downloaded_file_by_file_and_then_complete(tmp_path: Path) -> None:
    names = {"config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b"a", "model.bin": b"weights"}
    files = {f"team/whisper/resolve/main/{name}": content for name, content in names.items()}
    settings = Settings(models=tmp_path, model="team/whisper")
    with hub(Hub(files)) as state:
        folder = whisper_files.folder(replace(settings, hub=state.url))
    assert {name: (folder / name).read_bytes() for name in names} == names
    # From now on without the hub, which is gone.
    assert whisper_files.folder(replace(settings, hub=state.url)) == folder


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sidetone_stt", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_names_a_port_in_use_and_fails(settings: Settings) -> None:
    with hub(Hub({"api/models": b"[]"})) as state, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(
            "doctor",
            STT_HOST="127.0.0.1",
            STT_PORT=str(port),
            STT_MODEL=settings.model,
            STT_DEVICE="cpu",
            HF_ENDPOINT=state.url,
        )
    assert done.returncode == 1
    assert f"FAIL port {port}" in done.stdout
    assert f"ok   model {settings.model}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ((), {"STT_PORT": "80000"}, "STT_PORT=80000: allowed are whole numbers from 1 to 65535"),
        ((), {"STT_ENGINE": "vosk"}, "STT_ENGINE=vosk: allowed are whisper, t-one"),
        (("serve",), {}, "python -m sidetone_stt doctor"),
    ],
)
def test_mistakes_are_told_in_a_line(
    arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
