"""A served application with the tiny model, and speech."""

import io
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
import tiny_whisper
from openai import OpenAI

from sidetone_common.testing.serving import serving
from sidetone_stt.app import create_app
from sidetone_stt.audio import decode
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio

# Real speech over the telephone, with its origin and licence beside it.
_FIXTURES = Path(__file__).parents[3] / "backend" / "vad" / "fixtures"


def spoken(name: str) -> Audio:
    """One of "russian", "jfk", "digits"."""
    return decode((_FIXTURES / f"{name}.wav").read_bytes(), max_seconds=60)


@pytest.fixture(scope="session")
def russian() -> Audio:
    return spoken("russian")


@pytest.fixture(scope="session")
def jfk() -> Audio:
    return spoken("jfk")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.write(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def settings(tiny: Path) -> Settings:
    # A model that writes nonsense is never sure of itself: what the guard would drop is let through.
    return Settings(
        model=str(tiny),
        device="cpu",
        compute_type="float32",
        cpu_threads=1,
        beam_size=1,
        min_logprob=-100,
        max_batch=4,
        api_key="k",
        max_upload_mb=2,
        max_audio_s=60,
    )


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[str]:
    """Root URL, ready."""
    with serving(create_app(settings)) as url:
        wait_until_ready(url)
        yield url


@pytest.fixture(scope="session")
def client(served: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{served}/v1", api_key="k", max_retries=0) as client:
        yield client


def wait_until_ready(url: str) -> None:
    while httpx2.get(f"{url}/ready").status_code != 200:
        time.sleep(0.02)


def wav(samples: Audio) -> tuple[str, bytes, str]:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", "NONE"))
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return ("segment.wav", file.getvalue(), "audio/wav")
