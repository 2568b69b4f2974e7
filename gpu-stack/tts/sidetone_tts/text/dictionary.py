"""How particular words are said: a file of "word: said" lines, read as YAML so that words may be quoted.

    # Names of our own, with "+" before the stressed vowel. Every form of a word has its line.
    Sidetone: с+айдтоун
    Иркутскэнерго: ирк+утск-эн+ерго
    "C#": си шарп

A word in capitals (IT) stands for itself only; any other is found however it is written.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

_LARGEST_FILE = 1_000_000  # bytes; tens of thousands of words
_SAYABLE = re.compile(r"(?:[^\W\d_]|\+(?=[аеёиоуыэюяАЕЁИОУЫЭЮЯ])|['’ ,-])+")


class DictionaryError(ValueError):
    """A dictionary file that cannot be used; the message names the file, the line and the remedy."""


class Dictionary:
    """Replaces whole words. Immutable; shared between threads."""

    def __init__(self, said: Mapping[str, str] = MappingProxyType({})) -> None:
        self._exact = {word: how for word, how in said.items() if word.isupper()}
        self._any_case = {word.lower(): how for word, how in said.items() if not word.isupper()}
        self._pattern = _pattern(self._exact, self._any_case)

    @classmethod
    def read(cls, path: Path) -> "Dictionary":
        """Reads a dictionary file (UTF-8).

        Raises:
            DictionaryError: The file is missing, too large or not UTF-8, or a line is not "word: said".
        """
        return cls(_entries(path, _text_of(path)))

    def apply(self, text: str) -> str:
        """Puts what is said in the place of what is written; words that carry a "+" of their own stay."""
        return self._pattern.sub(self._said, text) if self._pattern else text

    def __len__(self) -> int:
        return len(self._exact) + len(self._any_case)

    def _said(self, match: re.Match[str]) -> str:
        return self._exact.get(match[0]) or self._any_case.get(match[0].lower(), match[0])


@cache
def built_in() -> Dictionary:
    """Words of everyday business that ru-normalizr mispronounces: WhatsApp, Wi-Fi, ИНН."""
    return Dictionary.read(Path(__file__).with_name("words.yaml"))


def _pattern(exact: Mapping[str, str], any_case: Mapping[str, str]) -> re.Pattern[str] | None:
    # Longer words first, so that "Windows Server" is not taken for "Windows".
    found = [re.escape(word) for word in exact] + [f"(?i:{re.escape(word)})" for word in any_case]
    if not found:
        return None
    longest_first = sorted(found, key=len, reverse=True)
    return re.compile(rf"(?<![\w+])(?:{'|'.join(longest_first)})(?![\w+])")


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise DictionaryError(f"{path}: larger than 1 MB. A dictionary holds words, one a line.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DictionaryError(f"{path}, line {line}: not UTF-8. Save the file as UTF-8.") from error
    except OSError as error:
        raise DictionaryError(
            f'{path}: cannot be read ({error.strerror}). Name a file of "word: said".'
        ) from error


def _entries(path: Path, text: str) -> dict[str, str]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise DictionaryError(f'{path}, line {line}: {problem}. Write "word: said", one a line.') from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise DictionaryError(f'{path}, line {root.start_mark.line + 1}: expected "word: said", one a line.')
    said: dict[str, str] = {}
    first_seen: dict[str, int] = {}
    for key, value in root.value:
        line = key.start_mark.line + 1
        word, how = _word(path, line, key), _how(path, line, value)
        same = word if word.isupper() else word.lower()
        if same in first_seen:
            raise DictionaryError(
                f'{path}, line {line}: "{word}" is in line {first_seen[same]} too. Keep one of them.'
            )
        first_seen[same] = line
        said[word] = how
    return said


def _word(path: Path, line: int, node: yaml.Node) -> str:
    word = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
    if not word:
        raise DictionaryError(f'{path}, line {line}: no word before the colon. Write "word: said".')
    return word


def _how(path: Path, line: int, node: yaml.Node) -> str:
    how = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
    if not how:
        raise DictionaryError(f'{path}, line {line}: nothing after the colon. Write "word: said".')
    if not _SAYABLE.fullmatch(how):
        raise DictionaryError(
            f'{path}, line {line}: "{how}" cannot be said as it stands. '
            'Use letters, spaces and hyphens, and "+" only before the stressed vowel.'
        )
    return how
