"""Where in an audio somebody speaks (Silero VAD, which faster-whisper carries along)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

from sidetone_stt.transcript import RATE, Audio

# What Whisper hears at once, in seconds.
WINDOW_S = 30
# Longer pauses are not shown to the model at all.
_MAX_PAUSE_S = 2
_MIN_SPEECH_MS = 90
_PAD_MS = 200

FRAME = 512
_CONTEXT = 64


@dataclass(frozen=True)
class Span:
    """From `start` up to `end`, in samples at RATE."""

    start: int
    end: int


def find(audio: Audio, threshold: float, silence_ms: int) -> list[Span]:
    """Stretches of speech, a little wider than heard; none longer than a window."""
    options = VadOptions(
        threshold=threshold,
        min_speech_duration_ms=_MIN_SPEECH_MS,
        max_speech_duration_s=WINDOW_S,
        min_silence_duration_ms=silence_ms,
        speech_pad_ms=_PAD_MS,
    )
    return [Span(found["start"], found["end"]) for found in get_speech_timestamps(audio, options)]


def windows(spans: Sequence[Span]) -> list[Span]:
    """Joins neighbours into spans of up to a window, so that the model hears a sentence whole."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and span.start - last.end <= _MAX_PAUSE_S * RATE and span.end - last.start <= WINDOW_S * RATE:
            joined[-1] = Span(last.start, span.end)
        else:
            joined.append(span)
    return joined


class SpeechMeter:
    """The probability of speech in a stream, frame by frame of FRAME samples."""

    def __init__(self) -> None:
        self._session = get_vad_model().session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probability(self, frame: Audio) -> float:
        heard = np.concatenate([self._context, frame])[np.newaxis]
        output, self._h, self._c = self._session.run(None, {"input": heard, "h": self._h, "c": self._c})
        self._context = frame[-_CONTEXT:]
        return float(output.reshape(-1)[0])
