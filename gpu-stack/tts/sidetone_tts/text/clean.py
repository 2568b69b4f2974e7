"""Any string whatever becomes one paragraph of plain text, with nothing in it that only the eye can read."""

import re
import unicodedata

_BLANK_LINES = re.compile(r"\n\s*\n")
_SPACES = re.compile(r"[^\S\n]+")
_ACUTE = re.compile("([аеёиоуыэюяАЕЁИОУЫЭЮЯ])\u0301")
# Words first and numbers second: a run of figures must not lose any.
_STUTTER = re.compile(r"([^\W\d])\1{4,}")
_REPEATED = re.compile(r"([^\w\s])\1{3,}")

_FENCE = re.compile(r"^[ \t]*```.*$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[*•▪◦·–—-][ \t]+(?=\S)", re.MULTILINE)
_SMILEY = re.compile(r"(?:(?<=\s)|^)[:;=]-?[)(DP]+(?=\s|$)", re.MULTILINE)
_SMILES = re.compile(r"(?<=\w)\s?(?:\){2,}|\({2,})(?=(\s+[А-ЯЁA-Z]|\s*$)?)", re.MULTILINE)
_NUMBERED = re.compile(r"(?:(?<=^)|(?<=[.;:!?,]\s)|(?<=\n))(\d{1,2})\)(?=\s)")
_STRONG = re.compile(r"(\*{1,3}|_{2,3}|~~|`)(?=\S)([^\n]{1,300}?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{1,2000}\)")
_LINE_END = re.compile(r"([^\n]?) *\n\s*(• )?(.?)", re.DOTALL)

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "‘": "'", "’": "'", "ʼ": "'", "`": "'"})
_HYPHENS = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2015": "—", "\u2043": "-", "\ufe58": "—"}
)


def clean(text: str) -> str:
    """Repairs code units and spaces, takes markup and invisible signs away, turns lines into sentences."""
    # Halves of a surrogate pair that belong together are joined, a lonely one becomes U+FFFD and goes.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\ufffd", " ")
    text = _ACUTE.sub(r"+\1", unicodedata.normalize("NFC", text))
    text = "".join(map(_readable, text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")))
    text = _BLANK_LINES.sub("\n", _SPACES.sub(" ", text)).translate(_HYPHENS)
    text = _plain(text).translate(_QUOTES)
    text = _REPEATED.sub(r"\1\1\1", _STUTTER.sub(r"\1\1\1", text))
    return _SPACES.sub(" ", _LINE_END.sub(_line_end, _SPACES.sub(" ", text).strip())).strip()


def _readable(char: str) -> str:
    if char == "\n" or " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category in ("Cc", "Zs", "Zl", "Zp", "Co", "Cn"):
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    # Full-width and mathematical letters are plain ones in costume.
    if "\uff01" <= char <= "\uff5e" or "\U0001d400" <= char <= "\U0001d7ff":
        return unicodedata.normalize("NFKC", char)
    return char


def _plain(text: str) -> str:
    text = _FENCE.sub("", text)
    text = _HEADING.sub("", text)
    text = _BULLET.sub("• ", text).removeprefix("• ")
    text = _SMILEY.sub("", text)
    text = _SMILES.sub(lambda m: "" if m[1] is None else ".", text)
    text = _NUMBERED.sub(r"\1,", text)
    text = _LINK.sub(r"\1", text)
    return _STRONG.sub(r"\2", text)


def _line_end(match: re.Match[str]) -> str:
    """A line that ends without a sign ends its sentence, unless the next one goes on in small letters."""
    last, item, following = match[1], match[2], match[3]
    if not last or not following:
        return last + following
    if last in ".,!?:;…—–-" or (following.islower() and not item):
        return f"{last} {following}"
    return f"{last}{',' if following.islower() else '.'} {following}"
