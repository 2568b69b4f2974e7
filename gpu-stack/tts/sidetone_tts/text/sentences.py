"""Text in sentences, none of them longer than a library can chew in bounded time."""

import re
from itertools import pairwise

from razdel import sentenize

LONGEST = 500
"""Characters. Well above a spoken sentence; beyond it a piece is cut at a space, or hard without one."""

_BLOCK = 5_000  # razdel compares all candidates within what it is given: small helpings keep it linear.
# razdel keeps "Приходите в 10:30!До свидания." in one; an exclamation before a capital always ends.
_MISSED = re.compile(r"[!?…][»\")]*\s*(?=[«\"(—]?\s?[А-ЯЁA-Z])")


def sentences(text: str) -> list[str]:
    """Splits text into sentences with the spaces that follow them: joined, they are the text again."""
    return [
        piece
        for block in _cut(text, _BLOCK)
        for sentence in _sentences(block)
        for piece in _cut(sentence, LONGEST)
    ]


def _sentences(block: str) -> list[str]:
    starts = {0, *(found.start for found in sentenize(block)), *(m.end() for m in _MISSED.finditer(block))}
    edges = [*sorted(starts), len(block)]
    return [block[start:end] for start, end in pairwise(edges) if start < end]


def _cut(text: str, longest: int) -> list[str]:
    pieces = []
    while len(text) > longest:
        space = text.rfind(" ", longest // 2, longest)
        at = space + 1 if space >= 0 else longest
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text else pieces
