"""The light path for English: numbers, money, times and a handful of abbreviations."""

import re

from num2words import num2words

_LARGEST = 10**15
_ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "vs": "versus",
    "etc": "et cetera", "e.g": "for example", "i.e": "that is", "approx": "approximately",
    "dept": "department",
    "ext": "extension", "tel": "telephone", "no": "number", "vol": "volume", "fig": "figure",
    "inc": "incorporated", "ltd": "limited", "jan": "January", "feb": "February", "aug": "August",
    "sept": "September", "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
_ABBREVIATION = re.compile(
    rf"(?<![\w.])({'|'.join(sorted(map(re.escape, _ABBREVIATIONS), key=len, reverse=True))})\.(?=(\s*\Z)?)",
    re.I,
)
_NO = re.compile(r"(?<!\w)[Nn]o\.(?!\s?\d)")
_CURRENCY = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
_UNITS = {
    "kg": "kilogram", "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "ml": "millilitre",
    "mg": "milligram", "mph": "mile per hour", "km/h": "kilometre per hour", "gb": "gigabyte",
    "mb": "megabyte", "min": "minute", "sec": "second", "hrs": "hour", "lb": "pound", "lbs": "pound",
    "ft": "foot",
}  # fmt: skip
_PLURALS = {"foot": "feet", "penny": "pence", "mile per hour": "miles per hour"}

_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?"
_MONEY = re.compile(rf"([$€£])\s?{_NUMBER}(?:\s?(thousand|million|billion|trillion|k|m|bn)\b)?", re.I)
_TIME = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])(?:\s?([ap])\.?m\b\.?)?", re.I)
_HOUR = re.compile(r"(?<![\d:.,])(1[0-2]|[1-9])\s?([ap])\.?m\b\.?", re.I)
_PHONE = re.compile(
    r"(?<![\w.])\+?\d{1,4}[ -](?:\(?\d{2,4}\)?[ -]){1,3}\d{2,4}(?![\d.])|(?<![\d-])\d{3}-\d{4}(?![\d-])"
)
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,15})(?:st|nd|rd|th)\b", re.I)
_YEAR = re.compile(
    r"(?i)\b(in|since|by|of|from|until|to|year|before|after|during)\s+(1[1-9]\d\d|20\d\d)(?![\d,.:%]\d|\s?%|\d)"
)
_UNIT = re.compile(
    rf"{_NUMBER}\s?({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})\b", re.I
)
_PERCENT = re.compile(r"(?<=\d)\s?%")
_MINUS = re.compile(r"(?<![\w)])[-−](?=\d)")
_ANY = re.compile(rf"(?<![\d.]){_NUMBER}")
_FIGURES = re.compile(r"\d+")
_SCALES = {"k": "thousand", "m": "million", "bn": "billion"}


def speak_english(text: str) -> str:
    """Says figures and expands abbreviations; words and names stay as they are written."""
    text = _NO.sub(lambda m: f"{m[0][:-1]}\u2024", text)  # "No." that answers is not "number".
    text = _ABBREVIATION.sub(_abbreviation, text).replace("\u2024", ".")
    text = _MONEY.sub(_money, text)
    text = _TIME.sub(_time, text)
    text = _HOUR.sub(lambda m: f"{_cardinal(m[1])} {m[2].lower()} m", text)
    text = _PHONE.sub(lambda m: ", ".join(spell(part) for part in _FIGURES.findall(m[0])), text)
    text = _ORDINAL.sub(lambda m: str(num2words(int(m[1]), to="ordinal")), text)
    text = _YEAR.sub(lambda m: f"{m[1]} {num2words(int(m[2]), to='year')}", text)
    text = _UNIT.sub(_unit, text)
    text = _PERCENT.sub(" percent", text)
    text = _MINUS.sub("minus ", text)
    return _FIGURES.sub(lambda m: spell(m[0]), _ANY.sub(lambda m: _number(m[1], m[2]), text))


def spell(digits: str) -> str:
    """Every figure by itself: "105" is "one zero five"."""
    return " ".join(str(num2words(int(digit))) for digit in digits)


def _cardinal(digits: str) -> str:
    plain = digits.replace(",", "")
    if int(plain[:16]) >= _LARGEST or len(plain) > 15 or (len(plain) > 1 and plain[0] == "0"):
        return spell(plain)
    return str(num2words(int(plain))).replace(",", "")


def _number(whole: str, fraction: str | None) -> str:
    return _cardinal(whole) + (f" point {spell(fraction)}" if fraction else "")


def _abbreviation(match: re.Match[str]) -> str:
    said = _ABBREVIATIONS[match[1].lower()]
    said = said[0].upper() + said[1:] if match[1][0].isupper() else said
    return said + ("." if match[2] is not None else "")


def _money(match: re.Match[str]) -> str:
    unit, part = _CURRENCY[match[1]]
    whole, fraction, scale = match[2].replace(",", ""), match[3], match[4]
    if scale:
        return f"{_number(whole, fraction)} {_SCALES.get(scale.lower(), scale.lower())} {unit}s"
    said = f"{_cardinal(whole)} {_plural(unit, whole)}"
    if fraction is None or not fraction.strip("0"):
        return said
    if len(fraction) > 2:
        return f"{_number(whole, fraction)} {unit}s"
    cents = str(int(fraction.ljust(2, "0")))
    return f"{said} and {_cardinal(cents)} {_plural(part, cents)}"


def _time(match: re.Match[str]) -> str:
    hour, minute, half = match[1], int(match[2]), match[3]
    said = str(num2words(int(hour)))
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{num2words(minute)}"
    elif not half:
        said += " o'clock" if 1 <= int(hour) <= 12 else " hundred hours"
    return f"{said} {half.lower()} m" if half else said


def _unit(match: re.Match[str]) -> str:
    unit = _UNITS[match[3].lower()]
    return f"{_number(match[1], match[2])} {_plural(unit, match[1] if not match[2] else '2')}"


def _plural(unit: str, number: str) -> str:
    if number == "1":
        return unit
    return _PLURALS.get(unit) or (unit.replace("re per", "res per") if " per " in unit else f"{unit}s")
