"""Cuts a text into clauses that are spoken one after the other.

The first is short, so that its sound is there early. Each next one may be twice as long: it is made while the
one before is heard, and long ones have the better melody and cost hardly more. Sizes are in bytes of UTF-8,
the measure by which F5-TTS guesses how long a text takes to say.
"""

import re

_BREAKS = (
    re.compile(r"[.!?…]+[\"»”')\]]*\s+|\n+"),  # a sentence ends
    re.compile(r"[,;:]\s+|\s[—–-]\s+"),  # a clause ends
    re.compile(r"\s+"),  # a word ends
)
# Nothing is cut off before these: a stress mark belongs to the letter that follows, a combining accent to the
# one before.
_GLUE_AFTER = "+"
_GLUE_BEFORE = re.compile(r"[\u0300-\u036f\u200d\ufe0f]")
# A piece below this part of the allowed size is not worth a break of its own: F5-TTS says short texts badly.
_SMALLEST = 3


def split(text: str, *, first_max_bytes: int, max_bytes: int) -> list[str]:
    """The clauses of `text`, in order; joined they are the text again. An empty or blank text has none.

    No clause is above `max_bytes` and the first is not above `first_max_bytes`, except that a last scrap too
    short to be said well stays with the clause before it as long as `max_bytes` allows. A span without
    punctuation is cut between words, one without spaces between letters.
    """
    if min(first_max_bytes, max_bytes) < 8:
        raise ValueError(f"clauses of {first_max_bytes} and {max_bytes} bytes: at least 8 are needed")
    if not text.strip():
        return []
    pieces: list[str] = []
    rest = text
    while rest:
        limit = min(first_max_bytes << min(len(pieces), 16), max_bytes)
        end = _cut(rest, limit)
        pieces.append(rest[:end])
        rest = rest[end:]
    return _joined_tail(pieces, first_max_bytes, max_bytes)


def _joined_tail(pieces: list[str], first_max_bytes: int, max_bytes: int) -> list[str]:
    if len(pieces) > 1:
        *rest, before, last = pieces
        joined = before + last
        if _size(last) < first_max_bytes / _SMALLEST and _size(joined) <= max_bytes:
            return [*rest, joined]
    return pieces


def _cut(text: str, limit: int) -> int:
    """Characters of the first piece of `text`, which is at most `limit` bytes."""
    fitting = _fitting(text, limit)
    if fitting == len(text):
        return fitting
    enough = _fitting(text, limit // _SMALLEST)
    for breaks in _BREAKS:
        ends = [match.end() for match in breaks.finditer(text, 0, fitting)]
        if ends and ends[-1] > enough:
            return ends[-1]
    while fitting > 1 and (text[fitting - 1] == _GLUE_AFTER or _GLUE_BEFORE.match(text[fitting])):
        fitting -= 1
    return fitting


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` are at most `limit` bytes."""
    # Cutting bytes and dropping the torn character at the end is exact, and quicker than adding up lengths.
    return len(text.encode()[:limit].decode(errors="ignore"))


def _size(text: str) -> int:
    return len(text.encode())
