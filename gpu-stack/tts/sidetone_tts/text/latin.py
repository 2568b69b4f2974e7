"""Latin letters that neither the dictionary nor ru-normalizr put into Russian ones."""

import re
import unicodedata

from anyascii import anyascii

_LETTERS = re.compile(r"[^\W\d_]", re.UNICODE)
_SOUNDS = (
    ("sch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("th", "т"), ("ph", "ф"),
    ("ya", "я"), ("yu", "ю"), ("yo", "ё"), ("ye", "е"), ("ee", "и"), ("oo", "у"), ("ck", "к"), ("qu", "кв"),
    ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"),
    ("i", "и"),
    ("j", "дж"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"),
    ("r", "р"),
    ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("x", "кс"), ("y", "и"), ("z", "з"),
)  # fmt: skip
_SOUND = re.compile("|".join(sound for sound, _ in _SOUNDS))
_BY_SOUND = dict(_SOUNDS)


def fold_accents(text: str) -> str:
    """Writes Latin letters without their accents: café is cafe, Straße Strasse, ﬁ fi."""
    return _LETTERS.sub(lambda m: anyascii(m[0]) if _is_foreign_latin(m[0]) else m[0], text)


def transliterate(latin: str) -> str:
    """Russian letters for Latin ones, by sound as far as spelling tells: "Shenzhen" is "шенжен"."""
    return _SOUND.sub(lambda m: _BY_SOUND[m[0]], latin.lower())


def _is_foreign_latin(char: str) -> bool:
    return char > "\x7f" and unicodedata.name(char, "").startswith("LATIN")
