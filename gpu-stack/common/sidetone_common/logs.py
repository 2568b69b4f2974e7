"""One JSON object a line on stderr, for people with jq and for log collectors.

    log = logs.get("speech")
    log.info("speech.done", seconds=1.2, text=logs.Text(said))

What people said or wrote goes into `Text`: it shows only where the operator asked for texts.
"""

import json
import logging
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TextIO

_FIELDS = "sidetone_fields"


@dataclass(frozen=True)
class Text:
    """Words of a caller or of the bot."""

    words: str


class Log:
    """Writes events: a dotted name in the past tense, and fields. An exception brings its trace."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"sidetone.{name}")

    def debug(self, event: str, **fields: object) -> None:
        self._logger.debug(event, extra={_FIELDS: fields})

    def info(self, event: str, **fields: object) -> None:
        self._logger.info(event, extra={_FIELDS: fields})

    def warning(self, event: str, **fields: object) -> None:
        self._logger.warning(event, extra={_FIELDS: fields})

    def error(self, event: str, **fields: object) -> None:
        self._logger.error(event, extra={_FIELDS: fields})


def get(name: str) -> Log:
    return Log(name)


def configure(service: str, *, texts: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends every log of this process, also those of libraries, to stderr (or to `stream`).

    texts: whether what people said is written, too. level: a name of Python's logging.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLine(service, texts))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel("WARNING")
    # Libraries that log each request have nothing to add to the metrics.
    logging.getLogger("sidetone").setLevel(level)


class _JsonLine(logging.Formatter):
    def __init__(self, service: str, texts: bool) -> None:
        super().__init__()
        self._service = service
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z"
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname.lower(),
            "service": self._service,
            "event": record.getMessage(),
        }
        fields: dict[str, object] = getattr(record, _FIELDS, {})
        for name, value in fields.items():
            line[name] = self._shown(value)
            if isinstance(value, BaseException):
                line["trace"] = traceback.format_exception(value)
        if record.exc_info and record.exc_info[1]:
            line["error"] = self._shown(record.exc_info[1])
            line["trace"] = traceback.format_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)

    def _shown(self, value: object) -> object:
        if isinstance(value, Text):
            return value.words if self._texts else f"({len(value.words)} characters)"
        if isinstance(value, BaseException):
            return f"{type(value).__name__}: {value}"
        if isinstance(value, float):
            return round(value, 4)
        return value
