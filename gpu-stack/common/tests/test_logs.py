import io
import json
import logging
from collections.abc import Iterator

import pytest

from sidetone_common import logs


@pytest.fixture(autouse=True)
def unchanged_root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_json_object_a_line() -> None:
    out = io.StringIO()
    logs.configure("tts", texts=False, stream=out)
    logs.get("speech").info("speech.done", seconds=1.23456, lines="a\nb")
    [line] = lines(out)
    assert line.pop("at")
    assert line == {
        "level": "info",
        "service": "tts",
        "event": "speech.done",
        "seconds": 1.2346,
        "lines": "a\nb",
    }


@pytest.mark.parametrize(("texts", "shown"), [(True, "Привет"), (False, "(6 characters)")])
def test_words_show_only_where_asked_for(texts: bool, shown: str) -> None:
    out = io.StringIO()
    logs.configure("tts", texts=texts, stream=out)
    logs.get("speech").info("speech.done", text=logs.Text("Привет"))
    assert lines(out)[0]["text"] == shown


def test_exceptions_bring_their_trace() -> None:
    out = io.StringIO()
    logs.configure("tts", texts=False, stream=out)
    try:
        raise ValueError("broken")
    except ValueError as error:
        logs.get("speech").error("speech.failed", error=error)
        logging.getLogger("some.library").exception("bad")
    own, library = lines(out)
    assert own["error"] == library["error"] == "ValueError: broken"
    assert "raise ValueError" in "".join(map(str, own["trace"]))  # type: ignore[call-overload] # JSON


def test_libraries_speak_up_only_when_something_is_wrong() -> None:
    out = io.StringIO()
    logs.configure("tts", texts=False, stream=out)
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("odd")
    logs.get("x").debug("hidden")
    assert [line["event"] for line in lines(out)] == ["odd"]
