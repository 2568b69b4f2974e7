"""What is asked of an engine, and what it answers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# Mono, float32, -1 to 1, at RATE.
Audio = NDArray[np.float32]
RATE = 16_000


@dataclass(frozen=True)
class Options:
    """language: ISO 639-1, None to find out. prompt: words to expect. temperature: None for the engine's."""

    language: str | None = None
    prompt: str | None = None
    timestamps: bool = False
    words: bool = False
    temperature: float | None = None


@dataclass(frozen=True)
class Word:
    """Seconds from the beginning of the audio; text with the space that precedes it."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """A stretch of a transcript and what the model thinks of it; seconds from the beginning of the audio."""

    text: str
    start: float
    end: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    temperature: float
    language: str
    tokens: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()

    def shifted(self, seconds: float) -> "Segment":
        words = tuple(
            replace(word, start=word.start + seconds, end=word.end + seconds) for word in self.words
        )
        return replace(self, start=self.start + seconds, end=self.end + seconds, words=words)
