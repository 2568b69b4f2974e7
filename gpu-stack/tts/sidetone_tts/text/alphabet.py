"""The characters F5-TTS may see. It turns every other one into a silent space, so none gets that far."""

import re
import unicodedata
from collections.abc import Callable

from anyascii import anyascii

from sidetone_tts.text.english import spell
from sidetone_tts.text.grammar import figures
from sidetone_tts.text.latin import transliterate

_RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ")
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SIGNS = frozenset(" .,!?:;-—…«»\"()'")
_VOWELS = "аеёиоуыэюяАЕЁИОУЫЭЮЯ"

_LIKE = {
    "–": "—", "[": "(", "]": ")", "{": "(", "}": ")", "‹": "«", "›": "»", "‚": ",", "•": ",", "|": ",",
    "→": ",",
    "і": "и", "І": "И", "ї": "йи", "Ї": "Йи", "є": "е", "Є": "Е", "ґ": "г", "Ґ": "Г", "ў": "у", "Ў": "У",
}  # fmt: skip
_SPOKEN_RU = {
    "+": "плюс", "−": "минус", "=": "равно", "<": "меньше", ">": "больше", "±": "плюс-минус",
    "×": "умножить на",
    "÷": "разделить на", "≈": "примерно", "≠": "не равно", "≤": "не больше", "≥": "не меньше",
    "√": "корень из",
    "∞": "бесконечность", "%": "процентов", "‰": "промилле", "°": "градусов", "№": "номер", "#": "решётка",
    "&": "и", "@": "собака", "§": "параграф", "/": "слэш", "\\": "обратный слэш", "^": "в степени",
    "*": "звёздочка",
    "_": "подчёркивание", "~": "примерно", "$": "долларов", "€": "евро", "£": "фунтов", "¥": "иен",
    "₽": "рублей",
    "©": "копирайт", "®": "", "™": "", "½": "половина", "¼": "четверть", "¾": "три четверти", "µ": "микро",
}  # fmt: skip
_SPOKEN_EN = {
    "+": "plus", "−": "minus", "=": "equals", "<": "less than", ">": "greater than", "±": "plus or minus",
    "×": "times", "÷": "divided by", "≈": "about", "≠": "is not", "≤": "at most", "≥": "at least",
    "√": "the root of", "∞": "infinity", "%": "percent", "‰": "per mille", "°": "degrees", "№": "number",
    "#": "number", "&": "and", "@": "at", "§": "section", "/": "slash", "\\": "backslash",
    "^": "to the power of",
    "*": "star", "_": "underscore", "~": "about", "$": "dollars", "€": "euros", "£": "pounds", "¥": "yen",
    "₽": "roubles", "©": "copyright", "®": "", "™": "", "½": "a half", "¼": "a quarter",
    "¾": "three quarters",
    "µ": "micro",
}  # fmt: skip

_STRAY_PLUS = re.compile(rf"\+(?![{_VOWELS}])|(?<=[\d\s])\+(?=\d)")
_DIGITS = re.compile(r"[0-9]+")
_OTHER_NUMBERS = re.compile(r"[^\x00-\x7f½¼¾]")
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s+([.,!?:;…)»])"), r"\1"),
    (re.compile(r"([(«])\s+"), r"\1"),
    (re.compile(r"\(\s*\)|«\s*»|\"\s*\""), ""),
    (re.compile(r",(?:\s*,)+"), ","),
    (re.compile(r",(?=-)"), ""),
    (re.compile(r",\s*([.!?…])"), r"\1"),
    (re.compile(r"^[\s,;:.)»-]+(?=\w|\+)"), ""),
)


def russian_alphabet(text: str) -> str:
    """Only Russian letters,
    "+" before a stressed vowel and plain signs; everything else is said or replaced."""
    text = _STRAY_PLUS.sub(" плюс ", _plain_numbers(text))
    text = _DIGITS.sub(lambda m: f" {figures(m[0])} ", text)
    return _kept(
        text, _RUSSIAN | _SIGNS | {"+"}, _SPOKEN_RU, lambda letters: transliterate(anyascii(letters))
    )


def latin_alphabet(text: str) -> str:
    """Only Latin and Russian letters and plain signs; everything else is said in English or replaced."""
    text = _DIGITS.sub(lambda m: f" {spell(m[0])} ", _plain_numbers(text))
    return _kept(text, _LATIN | _RUSSIAN | _SIGNS, _SPOKEN_EN, anyascii)


def _kept(
    text: str, alphabet: frozenset[str] | set[str], spoken: dict[str, str], letters: Callable[[str], str]
) -> str:
    said = []
    for char in text:
        if char in alphabet:
            said.append(char)
        elif char in _LIKE:
            said.append(_LIKE[char])
        elif char in spoken:
            said.append(f" {spoken[char]} ")
        elif unicodedata.category(char)[0] in "LN":
            said.append("".join(kept if kept in alphabet else " " for kept in letters(char)))
        else:
            # Emoji, box drawings, lone accents: pictures, which a voice has no sound for.
            said.append(" ")
    return _tidy("".join(said))


def _plain_numbers(text: str) -> str:
    """Superscripts, Roman and circled numerals in ordinary characters: ② is 2, Ⅳ is IV."""
    return _OTHER_NUMBERS.sub(
        lambda m: anyascii(m[0]) if unicodedata.category(m[0])[0] == "N" else m[0], text
    )


def _tidy(text: str) -> str:
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return _paired(text).strip()


def _paired(text: str) -> str:
    """Without the closing brackets that close nothing: in chats they are smiles."""
    depth, kept = 0, []
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth >= 0:
            kept.append(char)
        depth = max(depth, 0)
    return "".join(kept)
