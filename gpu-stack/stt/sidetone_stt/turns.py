"""Where turns begin and end in a stream."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sidetone_stt.speech import FRAME, SpeechMeter
from sidetone_stt.transcript import RATE, Audio

_FRAME_MS = FRAME * 1000 / RATE
# As Silero's own: once somebody speaks, a softer sound still counts.
_HYSTERESIS = 0.15


@dataclass(frozen=True)
class Started:
    """at_ms: from the beginning of the stream. heard: the turn so far, with what preceded it."""

    at_ms: int
    heard: Audio


@dataclass(frozen=True)
class Stopped:
    """at_ms: where the silence began, from the beginning of the stream."""

    at_ms: int


class TurnDetector:
    """threshold: probability of speech that begins a turn. silence_ms: of pause that ends it."""

    def __init__(self, threshold: float, silence_ms: int, prefix_ms: int) -> None:
        self._threshold = threshold
        self._silence_frames = max(1, round(silence_ms / _FRAME_MS))
        self._prefix_frames = round(prefix_ms / _FRAME_MS)
        self._meter = SpeechMeter()
        self._rest: Audio = np.zeros(0, np.float32)
        self._before: list[Audio] = []
        self._frames = 0
        self._speaking = False
        self._quiet = 0

    def push(self, samples: Audio) -> Iterator[Started | Stopped | Audio]:
        """What the samples bring: the beginning of a turn, more of it, its end."""
        stream = np.concatenate([self._rest, samples])
        whole = len(stream) // FRAME * FRAME
        self._rest = stream[whole:]
        for start in range(0, whole, FRAME):
            yield from self._hear(stream[start : start + FRAME])

    def _hear(self, frame: Audio) -> Iterator[Started | Stopped | Audio]:
        probability = self._meter.probability(frame)
        self._frames += 1
        if not self._speaking:
            self._before.append(frame)
            if probability >= self._threshold:
                heard = np.concatenate(self._before)
                self._speaking, self._quiet, self._before = True, 0, []
                yield Started(round(self._frames * _FRAME_MS - len(heard) * 1000 / RATE), heard)
            else:
                del self._before[: max(0, len(self._before) - self._prefix_frames)]
            return
        yield frame
        self._quiet = 0 if probability >= self._threshold - _HYSTERESIS else self._quiet + 1
        if self._quiet >= self._silence_frames:
            self._speaking = False
            yield Stopped(round((self._frames - self._quiet) * _FRAME_MS))
