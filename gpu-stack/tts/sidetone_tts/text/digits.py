"""Figures that are dictated rather than counted: telephone numbers, codes, cards, versions."""

import re

import phonenumbers

from sidetone_tts.text.grammar import figures, group

# Russian numbers as people write them: 8 (495) 123-45-67, +7 495 123 45 67, 89161234567.
_RUSSIAN = re.compile(
    r"(?<![\d+])(?<!\d[.,:])(\+?7|8)[ -]?\(?([3489]\d{2})\)?[ -]?(\d{3})[ -]?(\d{2})[ -]?(\d{2})"
    r"(?![\d\-:])(?![.,]\d)"
)
_FOREIGN = re.compile(r"(?<![\w+.,])\+[1-9](?:[ \-()]{0,2}\d){9,14}(?!\d)")
_LOCAL = re.compile(r"(?<![\d\-.,:])(\d{3})-(\d{2})-(\d{2})(?![\d\-:])")
_AREA = re.compile(r"(?<!\d)\((\d{3,5})\)\s?(\d{1,3})[- ](\d{2})[- ](\d{2})(?![\d-])")
_LABELLED = re.compile(
    r"\b(телефон\w*|тел\.?|номер\w*|моб\.?|факс\w*)([:\s]+)"
    r"\(?(\d{3})\)?[ -]?(\d{3})[ -]?(\d{2})[ -]?(\d{2})(?!\d)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b((?:пин[- ]?)?код\w*(?:\s+(?:подтверждения|доступа|из\s+(?:смс|SMS)|домофона|авторизации))?"
    r"|пин|парол\w*|cvv|cvc)"
    r"(\s*[-–—:]?\s*)(\d{3,8})(?![\d.,:]\d|\d|\s*(?:руб|₽))",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.,])(\d{4})[ -](\d{4})[ -](\d{4})[ -](\d{4})(?![\d.,]\d)")
_IDENTIFIER = re.compile(
    r"\b(ИНН|КПП|ОГРН|ОГРНИП|СНИЛС|БИК|ОКПО|IBAN|р/с|к/с"
    r"|(?:полис|договор|заказ|заявк|лицевой\s+сч[её]т|лицевого\s+сч[её]т|расч[её]тный\s+сч[её]т)\w*)"
    r"(\s*(?:[:№#]|номер)?\s*)(\d{6,30})(?!\d|[.,]\d)",
    re.IGNORECASE,
)
_INSURANCE = re.compile(r"(?<![\d-])(\d{3})-(\d{3})-(\d{3})[ -](\d{2})(?![\d-])")
_KEYS = re.compile(
    r"\b((?:нажм|набер|выбер|введ)\w+\s+(?:(?:на\s+)?(?:цифру|кнопку|клавишу|вариант|пункт)\s+)?)"
    r"([\d#*]{1,2}(?:(?:,\s*|\s+(?:или|и|либо)\s+)[\d#*]{1,2})*)"
    r"(?=\s*(?:[.,!?;:)—–-]|$|чтобы|для|если|или|и\s|на\s|—))",
    re.IGNORECASE,
)
_KEY = re.compile(r"[#*]|\d+")
_ZERO_LED = re.compile(r"(?<![\d.,:/\-])(?<!\d )0\d+(?![.,:/]?\d)")
_OVERLONG = re.compile(r"(?<![\d.,])\d{13,}(?![.,]\d)")
_VERSION = re.compile(
    r"\b(пункт\w*|п\.|раздел\w*|верси\w+|верс\.|v\.?)(\s*)(\d+(?:\.\d+)+)(?!\d)", re.IGNORECASE
)
_LIST = re.compile(r"(?<![\d.,])\d{1,4}(?:,\d{1,4}){2,}(?![\d.])")


def speak_digits(text: str) -> str:
    """Says dictated figures in groups with a pause (a comma) between them, and never loses a leading zero."""
    text = _RUSSIAN.sub(lambda m: _groups([m[1], m[2], m[3], m[4], m[5]]), text)
    text = _FOREIGN.sub(_foreign, text)
    text = _CARD.sub(lambda m: ", ".join(group(part) for part in m.groups()), text)
    text = _LABELLED.sub(lambda m: f"{m[1]}{m[2]}{_groups([m[3], m[4], m[5], m[6]])}", text)
    text = _AREA.sub(lambda m: _groups([m[1], m[2], m[3], m[4]]), text)
    text = _INSURANCE.sub(lambda m: _groups([m[1], m[2], m[3], m[4]]), text)
    text = _LOCAL.sub(lambda m: _groups([m[1], m[2], m[3]]), text)
    text = _CODE.sub(lambda m: f"{m[1]}{m[2]}{figures(m[3])}", text)
    text = _IDENTIFIER.sub(lambda m: m[1] + m[2] + _in_fours(m[3]), text)
    text = _KEYS.sub(lambda m: m[1] + _KEY.sub(_key, m[2]), text)
    text = _VERSION.sub(lambda m: m[1] + (m[2] or " ") + " точка ".join(map(group, m[3].split("."))), text)
    text = _LIST.sub(lambda m: m[0].replace(",", ", "), text)
    text = _OVERLONG.sub(lambda m: _in_fours(m[0]), text)
    return _ZERO_LED.sub(lambda m: figures(m[0]), text)


def _groups(parts: list[str]) -> str:
    first, *rest = parts
    plus = "плюс " if first.startswith("+") else ""
    return plus + ", ".join(group(part) for part in [first.lstrip("+"), *rest])


def _foreign(match: re.Match[str]) -> str:
    """A number of another country, grouped the way that country writes it."""
    try:
        number = phonenumbers.parse(match[0], None)
    except phonenumbers.NumberParseException:
        return match[0]
    if not phonenumbers.is_valid_number(number):
        return match[0]
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    country, *rest = re.findall(r"\d+", written)
    return _groups([f"+{country}", *rest])


def _key(match: re.Match[str]) -> str:
    """A key of a telephone is named, not counted: ru-normalizr would have one press "одного"."""
    return {"#": "решётку", "*": "звёздочку"}.get(match[0]) or group(match[0])


def _in_fours(digits: str) -> str:
    return ", ".join(figures(digits[at : at + 4]) for at in range(0, len(digits), 4))
