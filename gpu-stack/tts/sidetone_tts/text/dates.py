"""Dates where ru-normalizr loses the case: "по 10 мая", "Сегодня 12 марта.", "до 31.12"."""

import re

from sidetone_tts.text.grammar import Case, case_after, ordinal

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip

_SHORT_MONTHS = (
    "янв", "февр?", "мар", "апр", "мая", "июн", "июл", "авг", "сент?", "окт", "нояб?", "дек",
)  # fmt: skip

_MONTH = "|".join(MONTHS)
_DAY = r"(0?[1-9]|[12]\d|3[01])"
_BY = re.compile(rf"\b(по)\s+{_DAY}\s+(?={_MONTH})", re.IGNORECASE)
_IS = re.compile(
    rf"\b(сегодня|завтра|вчера|послезавтра|позавчера|это|сейчас)((?:\s+уже)?\s*[-–—]?\s+){_DAY}\s+"
    rf"(?=(?:{_MONTH})\s*(?:\d{{4}}\s*(?:года|г\.))?\s*(?:[.,!?;]|$))",
    re.IGNORECASE,
)
_DAYS = re.compile(rf"(?:\b([А-Яа-яЁё]+)\s+)?(?<![\d.,]){_DAY}\s?[-–—]\s?{_DAY}\s+(?={_MONTH})")
_SINCE = re.compile(rf"\b([СсОо]т?|[Сс]о)\s+{_DAY}\s+(по|до)\s+{_DAY}\s+(?={_MONTH})")
_FULL = re.compile(
    rf"(?:\b([А-Яа-яЁё]+)\s+)?(?<![\d.,]){_DAY}\.(0[1-9]|1[0-2])\.(\d{{4}}|\d\d)(?![\d])(?!\.\d)"
    r"(?:\s*(?:года|год|г\.|г)(?!\w))?"
)
_SHORT = re.compile(
    r"\b(до|с|со|по|от|на|к|ко|после)\s+(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])"
    r"(?![\d%])(?!\s*(?:%|₽|\$|€|руб|р\.|тыс|млн|млрд|кг|см|мм|км|м\b|л\b|градус|процент|балл|раза?\b))",
    re.IGNORECASE,
)

_ABBREVIATED = tuple(re.compile(rf"(?<=\d\s){short}\.", re.IGNORECASE) for short in _SHORT_MONTHS)
# Two zeros in front, "05.06", are no decimal.
_PADDED = re.compile(r"(?<![\w.,])(0[1-9])\.(0[1-9]|1[0-2])(?![\d.,%]*\d)(?!\s*(?:%|₽|\$|€|руб))")
_WEEKDAYS: dict[str, tuple[str, str, str]] = {
    "пн": ("понедельник", "понедельника", "понедельник"),
    "вт": ("вторник", "вторника", "вторник"),
    "ср": ("среда", "среды", "среду"),
    "чт": ("четверг", "четверга", "четверг"),
    "пт": ("пятница", "пятницы", "пятницу"),
    "сб": ("суббота", "субботы", "субботу"),
    "вс": ("воскресенье", "воскресенья", "воскресенье"),
}
"""What, from when, till when."""
_ANY_WEEKDAY = r"([Пп]н|[Вв]т|[Сс]р|[Чч]т|[Пп]т|[Сс]б|[Вв]с)"
_WEEKDAY_RANGE = re.compile(
    rf"(?:\b[Сс]\s+)?\b{_ANY_WEEKDAY}\.?\s?(?:[-–—]|по)\s?{_ANY_WEEKDAY}(?:\b\.(?!\s*$)|\b)"
)
# After a number "Вт" are watts. "Ср." also stands for other words: alone it is Wednesday only after "в" or
# beside another day.
_WEEKDAY = re.compile(
    r"(?:\b([А-Яа-яЁё]+)\s+)?(?<![\w.+-])(?<!\d\s)(?:(?<=\bв\s)|(?<=\bВ\s)|(?<=[а-я],\s)|(?![Сс]р))"
    rf"{_ANY_WEEKDAY}\b(?:\.(?!\s*$))?(?!-)"
)


def speak_dates(text: str) -> str:
    """Says the day and the month; the year, left in figures, is ru-normalizr's, which knows years well."""
    for pattern, month in zip(_ABBREVIATED, MONTHS, strict=True):
        text = pattern.sub(month, text)
    text = _WEEKDAY_RANGE.sub(_weekdays, text)
    text = _WEEKDAY.sub(_weekday, text)
    text = _FULL.sub(_full, text)
    text = _SHORT.sub(lambda m: f"{m[1]} {_day(m[2], _case(m[1]))} {MONTHS[int(m[3]) - 1]}", text)
    text = _PADDED.sub(lambda m: f"{_day(m[1], 'g')} {MONTHS[int(m[2]) - 1]}", text)
    text = _SINCE.sub(lambda m: f"{m[1]} {_day(m[2], 'g')} {m[3]} {_day(m[4], _case(m[3]))} ", text)
    text = _DAYS.sub(_days, text)
    text = _BY.sub(lambda m: f"{m[1]} {_day(m[2], 'a')} ", text)
    return _IS.sub(lambda m: f"{m[1]}{m[2]}{_day(m[3], 'n')} ", text)


def _full(match: re.Match[str]) -> str:
    year = match[4] if len(match[4]) == 4 else f"{'20' if int(match[4]) < 70 else '19'}{match[4]}"
    before = f"{match[1]} " if match[1] else ""
    return f"{before}{_day(match[2], _case(match[1]))} {MONTHS[int(match[3]) - 1]} {year} года"


def _days(match: re.Match[str]) -> str:
    """8-10 марта: "с восьмого по десятое", or both in the case of their preposition."""
    before = f"{match[1]} " if match[1] else ""
    case = case_after(match[1])
    if case != "n":
        return f"{before}{_day(match[2], case)} — {_day(match[3], case)} "
    return f"{before}с {_day(match[2], 'g')} по {_day(match[3], 'a')} "


def _day(figures: str, case: Case) -> str:
    return ordinal(int(figures), case, "n")


def _case(word: str | None) -> Case:
    """Without a preposition a date tells when something is, and that is the genitive."""
    case = case_after(word)
    return "g" if case == "n" else case


def _weekdays(match: re.Match[str]) -> str:
    first, last = _WEEKDAYS[match[1].lower()], _WEEKDAYS[match[2].lower()]
    said = "С" if match[0][0].isupper() else "с"
    return f"{said} {first[1]} по {last[2]}"


def _weekday(match: re.Match[str]) -> str:
    what, since, till = _WEEKDAYS[match[2].lower()]
    before = f"{match[1]} " if match[1] else ""
    said = {"g": since, "a": till}.get(case_after(match[1]), what)
    return before + (said.capitalize() if match[2][0].isupper() else said)
