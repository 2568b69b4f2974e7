"""Addresses of the net, said as people dictate them: "sidetone точка ru", "info собака ..."."""

import re

_ADDRESS = re.compile(
    r"(?<![\w@.])(?:https?://)?(?:www\.)?"
    r"((?:[\w.+-]{1,64}@)?(?:[\w-]{1,63}\.){1,8}"
    r"(?:ru|com|org|net|info|io|dev|me|su|app|pro|online|shop|store|site|ai|tv|edu|gov|de|uk|us|eu|by|kz|ua|рф))"
    r"(?![\w@])((?:/[^\s<>\"'()]*)?)",
    re.IGNORECASE,
)
_RU = {".": "точка", "@": "собака", "/": "слэш", "-": "дефис", "_": "подчёркивание", "+": "плюс"}
_EN = {".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", "+": "plus"}
_SIGN = re.compile(r"[.@/_+-]")
_UNSAID = re.compile(r"[?#].*$")  # Nobody can note down a query by ear.


def speak_addresses_ru(text: str) -> str:
    """Says web and mail addresses in Russian; the scheme and "www." go without saying."""
    return _ADDRESS.sub(lambda m: _said(m, _RU), text)


def speak_addresses_en(text: str) -> str:
    """Says web and mail addresses in English; the scheme and "www." go without saying."""
    return _ADDRESS.sub(lambda m: _said(m, _EN), text)


def _said(match: re.Match[str], names: dict[str, str]) -> str:
    whole = match[1] + _UNSAID.sub("", match[2])
    address = whole.rstrip("/.,;:!")
    left = whole[len(address) :].lstrip("/")
    return _SIGN.sub(lambda m: f" {names[m[0]]} ", address) + left
