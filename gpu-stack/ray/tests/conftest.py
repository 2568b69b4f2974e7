"""Lets these tests and their replicas find the services, the tiny model and the samples."""

import os
import sys
from pathlib import Path

import pytest

STACK = Path(__file__).parents[2]

sys.path[:0] = [str(Path(__file__).parent), str(STACK / "tts/tests")]
# Replicas are processes of their own.
PACKAGES = ("common", "tts", "stt", "ray")
os.environ["PYTHONPATH"] = os.pathsep.join(str(STACK / package) for package in PACKAGES)
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


def pytest_configure(config: pytest.Config) -> None:
    # What Ray's own models do is Ray's affair.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:ray.*")
