"""The service as it is started in the container."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import wav
from openai import OpenAI

from sidetone_common.testing.ports import free_port
from sidetone_stt.transcript import RATE, Audio


@pytest.fixture
def service(tiny: Path) -> Iterator[subprocess.Popen[str]]:
    """The process at PORT, ready; its log is read up to there."""
    environment = {
        "STT_HOST": "127.0.0.1",
        "STT_PORT": str(PORT),
        "STT_MODEL": str(tiny),
        "STT_DEVICE": "cpu",
        "STT_COMPUTE_TYPE": "float32",
        "STT_BEAM_SIZE": "1",
        "STT_MAX_BATCH": "2",
        "STT_MIN_LOGPROB": "-100",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "sidetone_stt"],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert json.loads(read_line(process))["event"] == "stt.ready"
        yield process
        process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


PORT = free_port()


def test_a_stop_lets_a_request_finish_and_the_log_keeps_no_words(
    service: subprocess.Popen[str], tiny: Path, jfk: Audio
) -> None:
    pause = np.zeros(3 * RATE, np.float32)
    long = wav(np.concatenate([jfk, pause] * 4))
    with OpenAI(base_url=f"http://127.0.0.1:{PORT}/v1", api_key="none", max_retries=0) as client:
        stream = client.audio.transcriptions.create(model=str(tiny), file=long, language="en", stream=True)
        first = next(iter(stream))
        service.send_signal(signal.SIGTERM)
        *_, done = stream
    assert first.type == "transcript.text.delta"
    assert done.type == "transcript.text.done"
    assert len(done.text) > len(first.delta)
    logged = json.loads(read_line(service))
    assert logged["event"] == "stt.transcribed"
    assert logged["text"] == f"({len(done.text) + 1} characters)"
    assert read_line(service) == ""
    assert service.wait() == -signal.SIGTERM
