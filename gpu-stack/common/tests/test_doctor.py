import email.utils
import io
import socket
import time
from pathlib import Path

import pytest

from sidetone_common import doctor
from sidetone_common.doctor import Check
from sidetone_common.models import ModelFile, obtain
from sidetone_common.testing.hub import Hub, hub


def test_the_report_shows_the_fix_and_fails_only_for_what_failed() -> None:
    out = io.StringIO()
    assert doctor.report([Check("a", True, "fine"), Check("b", None, "unknown", "look")], out) == 0
    assert doctor.report([Check("c", False, "broken", "mend it")], out) == 1
    assert out.getvalue().splitlines() == [
        "ok   a: fine",
        "?    b: unknown",
        "     -> look",
        "FAIL c: broken",
        "     -> mend it",
    ]


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = doctor.port_free("127.0.0.1", port, "TTS_PORT")
    assert found.ok is False
    assert "TTS_PORT" in found.fix
    assert doctor.port_free("127.0.0.1", port, "TTS_PORT").ok is True


def test_a_model_before_and_after_its_download(tmp_path: Path) -> None:
    model = ModelFile("team/voice", "model.bin", "main", None)
    assert doctor.model_cached(model, tmp_path).ok is None
    with hub(Hub({"team/voice/resolve/main/model.bin": b"weights"})) as state:
        obtain(model, tmp_path, token=None, endpoint=state.url)
    assert doctor.model_cached(model, tmp_path).ok is True


def test_room_on_the_disk(tmp_path: Path) -> None:
    assert doctor.disk(tmp_path / "not" / "yet", 1).ok is True
    assert doctor.disk(tmp_path, 2**60).ok is False


@pytest.mark.parametrize(("token", "ok"), [("good", True), ("bad", False)])
def test_the_hub_judges_the_token(token: str, ok: bool) -> None:
    with hub(Hub({"api/whoami-v2": b"{}"}, token="good")) as state:
        found = {check.name: check for check in doctor.hub(token, state.url)}
    assert found["HF_TOKEN"].ok is ok
    assert token not in found["HF_TOKEN"].found


@pytest.mark.parametrize(("off_s", "ok", "said"), [(0, True, "within"), (3600, False, "behind")])
def test_the_clock_is_compared_with_the_hubs(off_s: float, ok: bool, said: str) -> None:
    date = email.utils.formatdate(time.time() + off_s, usegmt=True)
    with hub(Hub({"api/models": b"[]"}, date=date)) as state:
        found = {check.name: check for check in doctor.hub(None, state.url)}
    assert found["clock"].ok is ok
    assert said in found["clock"].found


def test_without_network_nothing_is_claimed() -> None:
    [found] = doctor.hub("token", "http://127.0.0.1:9")
    assert found.ok is None


@pytest.mark.parametrize(("free_mib", "ok"), [(4000, True), (2000, False)])
def test_the_memory_of_the_gpu(
    free_mib: int, ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho 'NVIDIA RTX 4090, {free_mib}, 24564'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor.gpu(3 * 2**30)
    assert found.ok is ok
    assert found.found == f"NVIDIA RTX 4090: {free_mib / 1024:.1f} of 24.0 GiB free, 3.0 GiB needed"
    monkeypatch.setenv("PATH", "")
    assert doctor.gpu(1).ok is None
