"""ru-normalizr, which does the greater part of Russian; what it misses is mended in the stages before it."""

import re
from collections import Counter
from functools import cache

from ru_normalizr import NormalizeOptions, Normalizer

_WORD = re.compile(r"[А-Яа-яЁё+]*[А-Яа-яЁё]")
_CAPITALS = re.compile(r"(?<![\w+])[А-ЯЁ](?:\+?[А-ЯЁ])+(?!\w)")


@cache
def _normalizer() -> Normalizer:
    return Normalizer(
        NormalizeOptions.tts(
            letter_vowel_mode="single",  # "а эс", not "аа эс"
            initials_pause_mode="preserve",
            remove_links=False,  # "(2)" may be part of what is said
            enable_latinization_stress_marks=True,  # The accentor never saw English words.
        )
    )


def speak_numbers(sentence: str) -> str:
    """Numbers, years, units, addresses, common abbreviations and Latin words of one sentence.

    Marked words ("2 з+амка") go through ru-normalizr bare, or it would not know their gender, and are marked
    again after it.
    """
    bare = _WORD.sub(lambda m: m[0].replace("+", ""), sentence)
    said = (
        _marked_as(sentence, _normalizer().normalize(bare))
        if bare != sentence
        else _normalizer().normalize(bare)
    )
    return _CAPITALS.sub(_lowered, said)


def _marked_as(sentence: str, said: str) -> str:
    """Gives the n-th occurrence of a word the marks that its n-th occurrence had before."""
    marked: dict[tuple[str, int], str] = {}
    seen: Counter[str] = Counter()
    for match in _WORD.finditer(sentence):
        word = match[0].replace("+", "").lower()
        if "+" in match[0]:
            marked[word, seen[word]] = match[0].lower()
        seen[word] += 1
    seen.clear()

    def mark(match: re.Match[str]) -> str:
        word = match[0].lower()
        with_marks = marked.get((word, seen[word]))
        seen[word] += 1
        return match[0] if with_marks is None or "+" in match[0] else _in_case_of(match[0], with_marks)

    return _WORD.sub(mark, said)


def _in_case_of(word: str, marked: str) -> str:
    letters = iter(word)
    return "".join(char if char == "+" else next(letters) for char in marked)


def _lowered(match: re.Match[str]) -> str:
    """A word in capitals that ru-normalizr knows as no abbreviation is shouted; letters cannot be."""
    starts = not match.string[: match.start()].strip()
    lowered = match[0].lower()
    first = 1 if lowered[0] == "+" else 0
    return lowered[:first] + lowered[first].upper() + lowered[first + 1 :] if starts else lowered
