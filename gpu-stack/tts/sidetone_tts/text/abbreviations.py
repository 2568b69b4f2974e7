"""Abbreviations that ru-normalizr leaves as they are, or reads as something else."""

import re
from functools import partial

_BEFORE_WORD = {
    "тел": "телефон",
    "моб": "мобильный",
    "доб": "добавочный",
    "им": "имени",
    "проф": "профессор",
    "акад": "академик",
    "доц": "доцент",
    "тов": "товарищ",
    "зам": "заместитель",
    "зав": "заведующий",
    "нач": "начальник",
    "гендир": "генеральный директор",
    "напр": "например",
    "прибл": "приблизительно",
    "вкл": "включительно",
    "мкр": "микрорайон",
    "пом": "помещение",
    "каб": "кабинет",
    "ауд": "аудитория",
    "ост": "остановка",
}
_NO_DOT = {
    "кол-во": "количество",
    "кол-ва": "количества",
    "к-во": "количество",
    "г-н": "господин",
    "г-на": "господина",
    "г-ну": "господину",
    "г-жа": "госпожа",
    "г-жи": "госпожи",
    "г-же": "госпоже",
    "пр-во": "производство",
    "стр-во": "строительство",
    "ж/д": "железнодорожный",
    "б/у": "бывший в употреблении",
    "в/о": "высшее образование",
    "з/п": "зарплата",
    "а/м": "автомобиль",
    "т/ф": "телефон",
    "р/с": "расчётный счёт",
    "к/с": "корреспондентский счёт",
}
# A dot is asked for: without one these are words of their own ("им", "ср", "доб").
_DOTTED = re.compile(
    rf"(?<![\w.+-])({'|'.join(sorted(map(re.escape, _BEFORE_WORD), key=len, reverse=True))})\.", re.I
)
_PLAIN = re.compile(
    rf"(?<![\w/-])({'|'.join(sorted(map(re.escape, _NO_DOT), key=len, reverse=True))})(?![\w/-])", re.I
)
_AND_SO_ON = re.compile(r"(?<!\w)и\s+пр\.(?=(\s+[а-яё])?(\s*[,;:!?)])?)")
_NAMED = (
    (re.compile(r"(?<![\w.])ст\.\s?м\.\s?(?=[А-ЯЁ])"), "станция метро "),
    (re.compile(r"(?<![\w.])(?<!\d\s)м\.\s?(?=[А-ЯЁ][а-яё]{2,})"), "метро "),
    (re.compile(r"(?<![\w.])о\.\s?(?=[А-ЯЁ][а-яё]{2,})"), "остров "),
    (re.compile(r"(?<![\w.])оз\.\s?(?=[А-ЯЁ][а-яё]{2,})"), "озеро "),
    (re.compile(r"(?<![\w.])пр\.\s?(?=[А-ЯЁ][а-яё]{2,})|(?<=[а-я]й )пр\.\s?(?=,)"), "проспект "),
    (re.compile(r"(?<![\w.])д\.\s?(?=\d)"), "дом "),
    (re.compile(r"(?<=\d)к(?=\d)"), ", корпус "),
    (re.compile(r"(?<=\d)с(?=\d)"), ", строение "),
    (re.compile(r"(?<![\w.])т\.\s?(?=\d{1,2}(?!\d))"), "том "),
    (re.compile(r"(?<![\w.])макс\.\s?(?=\d)", re.I), "максимум "),
    (re.compile(r"(?<![\w.])(?<!\d )(?<!\d)мин\.\s?(?=\d)", re.I), "минимум "),
    (re.compile(r"(?<![\w.])т\.\s?н\.\s?"), "так называемый "),
    (re.compile(r"(?<![\w.])т\.\s?о\.(?!\w)"), "таким образом"),
    (re.compile(r"(?<!\w)(?:по\s+)?мск(?!\w)"), "по Москве"),
    (re.compile(r"(?<![\w.])в\s+т\.\s?ч\.(?!\w)", re.I), "в том числе"),
)


def expand_abbreviations(text: str) -> str:
    """Writes out "тел.", "им.", "кол-во", "и пр." and their like; "т.д." and "ул." are ru-normalizr's."""
    for pattern, said in _NAMED:
        text = pattern.sub(partial(_named, said), text)
    text = _AND_SO_ON.sub(_and_so_on, text)
    text = _DOTTED.sub(_dotted, text)
    return _PLAIN.sub(lambda m: _like(m[1], _NO_DOT[m[1].lower()]), text)


def _and_so_on(match: re.Match[str]) -> str:
    return "и прочие" if match[1] else "и прочее" if match[2] else "и прочее."


def _named(said: str, match: re.Match[str]) -> str:
    return _like(match[0], said)


def _dotted(match: re.Match[str]) -> str:
    """The dot is the abbreviation's; it also ends the sentence only where the text or the line ends."""
    rest = match.string[match.end() : match.end() + 2]
    ends = not rest.strip() and "\n" not in rest.lstrip(" ") and match.end() + len(rest) >= len(match.string)
    glued = rest[:1].isalnum() or rest[:1] == "+"
    return _like(match[1], _BEFORE_WORD[match[1].lower()]) + ("." if ends else " " if glued else "")


def _like(written: str, said: str) -> str:
    """The replacement begins with a capital where the written word did."""
    return said[0].upper() + said[1:] if written[:1].isupper() else said
