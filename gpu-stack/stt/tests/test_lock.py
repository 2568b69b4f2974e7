from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / "requirements.txt"
# What the code imports, and what uvicorn needs for WebSockets and FastAPI for forms.
DIRECT = {
    "av",
    "ctranslate2",
    "fastapi",
    "faster-whisper",
    "filelock",
    "numpy",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation-fastapi",
    "opentelemetry-sdk",
    "prometheus-client",
    "pydantic",
    "python-multipart",
    "sherpa-onnx",
    "starlette",
    "uvicorn",
    "websockets",
}


def needed(names: set[str]) -> set[str]:
    """With all that they need in turn."""
    found: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        found.add(name)
        asked = [Requirement(line) for line in requires(name) or []]
        applying = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
        todo |= {str(canonicalize_name(one.name)) for one in applying} - found
    return found


def test_the_lock_holds_what_is_needed_in_the_version_that_was_tested() -> None:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert locked == {name: version(name) for name in needed(DIRECT)}
