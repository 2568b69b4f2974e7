"""Times of day, scores and ratios: what stands on both sides of a colon.

ru-normalizr reads 10:30 as "десять, тридцать" and never puts it into a case, so times are said here.
"""

import re

from sidetone_tts.text.grammar import Case, Forms, Gender, cardinal, case_after, counted

HOURS: Forms = {
    "n": ("час", "часа", "часов"),
    "g": ("часа", "часов", "часов"),
    "d": ("часу", "часам", "часам"),
    "a": ("час", "часа", "часов"),
    "i": ("часом", "часами", "часами"),
    "p": ("часе", "часах", "часах"),
}
MINUTES: Forms = {
    "n": ("минута", "минуты", "минут"),
    "g": ("минуты", "минут", "минут"),
    "d": ("минуте", "минутам", "минутам"),
    "a": ("минуту", "минуты", "минут"),
    "i": ("минутой", "минутами", "минутами"),
    "p": ("минуте", "минутах", "минутах"),
}
SECONDS: Forms = {
    "n": ("секунда", "секунды", "секунд"),
    "g": ("секунды", "секунд", "секунд"),
    "d": ("секунде", "секундам", "секундам"),
    "a": ("секунду", "секунды", "секунд"),
    "i": ("секундой", "секундами", "секундами"),
    "p": ("секунде", "секундах", "секундах"),
}

_CLOCK = (
    r"(?<![\d:.,])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?:\s*(?:часов|часа|час|ч\.|ч)(?!\w))?"
)
_WORD = r"(?:\b([А-Яа-яЁё]+)\s+)?"
_RANGE = re.compile(rf"{_WORD}{_CLOCK}\s*[-–—]\s*{_CLOCK}")
_BETWEEN = re.compile(rf"\b(между)\s+{_CLOCK}\s+и\s+{_CLOCK}", re.IGNORECASE)
_TIME = re.compile(rf"{_WORD}{_CLOCK}")
_WITH_DOT = re.compile(
    r"(?<![\d.,])([01]?\d|2[0-3])\.([0-5]\d)(?=\s+(?:утра|дня|вечера|ночи|по\s+[Мм]оскве|(?:по\s+)?мск)\b)"
)
_SCORE = re.compile(r"\b(сч[её]т\w*)(\s*[-–—:]?\s*)(\d{1,3})\s?:\s?(\d{1,3})(?![\d:])", re.IGNORECASE)
_RATIO = re.compile(r"(?<![\d:.,])(\d{1,9})\s?:\s?(\d{1,9})(?![\d:])")


def speak_times(text: str) -> str:
    """Says times of day in the case their preposition asks for, then scores (3:2) and ratios (1:1000)."""
    text = _SCORE.sub(lambda m: f"{m[1]}{m[2]}{cardinal(int(m[3]))} {cardinal(int(m[4]))}", text)
    text = _WITH_DOT.sub(r"\1:\2", text)
    text = _BETWEEN.sub(lambda m: f"{m[1]} {_said(m, 2, 'i')} и {_said(m, 5, 'i')}", text)
    text = _RANGE.sub(_range, text)
    text = _TIME.sub(_time, text)
    return _RATIO.sub(_ratio, text)


def _time(match: re.Match[str]) -> str:
    before = f"{match[1]} " if match[1] else ""
    return before + _said(match, 2, case_after(match[1]))


def _range(match: re.Match[str]) -> str:
    if match[1] is not None and match[1].lower() in ("в", "с", "на", "до", "к"):
        case = case_after(match[1])
        return f"{match[1]} {_said(match, 2, case)} — {_said(match, 5, case)}"
    before = f"{match[1]} " if match[1] else ""
    return f"{before}с {_said(match, 2, 'g')} до {_said(match, 5, 'g')}"


def _ratio(match: re.Match[str]) -> str:
    first, second = int(match[1]), int(match[2])
    if second >= 100:
        return f"{cardinal(first)} к {cardinal(second, 'd')}"
    return f"{cardinal(first)} {cardinal(second)}"


def _said(match: re.Match[str], at: int, case: Case) -> str:
    """The time whose hour is group `at`, in a case."""
    hour, minute = int(match[at]), int(match[at + 1])
    if match[at + 2] is not None:
        second = int(match[at + 2])
        return " ".join(
            f"{cardinal(number, case, gender)} {counted(number, forms, case)}"
            for number, forms, gender in _parts(hour, minute, second)
        )
    if minute == 0:
        return f"{cardinal(hour, case)} {counted(hour, HOURS, case)}"
    said_hour = counted(1, HOURS, case) if hour == 1 else cardinal(hour, case)
    zero = "ноль " if minute < 10 else ""
    return f"{said_hour} {zero}{cardinal(minute, case, 'f')}"


def _parts(hour: int, minute: int, second: int) -> list[tuple[int, Forms, Gender]]:
    return [(hour, HOURS, "m"), (minute, MINUTES, "f"), (second, SECONDS, "f")]
