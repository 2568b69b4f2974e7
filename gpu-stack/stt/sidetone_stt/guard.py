"""What Whisper writes where nobody spoke, told from what somebody said."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sidetone_stt.transcript import Segment

_PHRASES = Path(__file__).with_name("silence_phrases.toml")
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*\s*")
# How sure the model has to be before a doubtful phrase, which callers say as well, passes.
_SURE_NO_SPEECH = 0.3
_SURE_LOGPROB = -0.7


@dataclass(frozen=True)
class Guard:
    """Thresholds as in Settings."""

    no_speech: float
    min_logprob: float
    max_compression: float

    def check(self, segment: Segment) -> tuple[Segment | None, str | None]:
        """The segment without what was invented, None if that is all of it; and why something went."""
        if segment.no_speech_prob > self.no_speech and segment.avg_logprob < self.min_logprob:
            return None, "silence"
        if segment.compression_ratio > self.max_compression:
            return None, "loop"
        unsure = segment.no_speech_prob > _SURE_NO_SPEECH or segment.avg_logprob < _SURE_LOGPROB
        if unsure and _plain(segment.text) in _phrases().doubtful:
            return None, "phrase"
        kept = _without_known_ending(segment.text)
        if kept == segment.text:
            return segment, None
        return (_cut(segment, len(kept)) if _plain(kept) else None), "phrase"


def _without_known_ending(text: str) -> str:
    sentences: list[str] = _SENTENCE.findall(text)
    # Credits name people: full stops within them are no ends of sentences, so every tail is compared whole.
    for first in range(len(sentences)):
        if _plain("".join(sentences[first:])) in _phrases().never_said:
            return _without_known_ending("".join(sentences[:first]))
    return text


def _cut(segment: Segment, length: int) -> Segment:
    words = []
    written = 0
    for word in segment.words:
        written += len(word.text)
        if written > length:
            break
        words.append(word)
    end = words[-1].end if words else segment.end
    return replace(segment, text=segment.text[:length].rstrip(), words=tuple(words), end=end)


@dataclass(frozen=True)
class _Phrases:
    never_said: frozenset[str]
    doubtful: frozenset[str]


@cache
def _phrases() -> _Phrases:
    languages = tomllib.loads(_PHRASES.read_text(encoding="utf-8")).values()
    return _Phrases(
        frozenset(_plain(phrase) for language in languages for phrase in language["never_said"]),
        frozenset(_plain(phrase) for language in languages for phrase in language["doubtful"]),
    )


def _plain(text: str) -> str:
    """Letters and digits only, in small letters, ё as е."""
    return " ".join(re.findall(r"\w+", text.casefold().replace("ё", "е")))
