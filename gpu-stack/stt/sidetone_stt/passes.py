"""Passes through Whisper: stretches of speech of several requests at once."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from sidetone_stt.guard import Guard
from sidetone_stt.transcript import RATE, Audio, Options, Segment, Word

# Beam search first; what comes out unlikely or in a loop is sampled once more. Whisper's own six attempts
# would make a caller wait.
_TEMPERATURES = (0.0, 0.4)
# Whisper's own limit for the first time token: 1 s, in steps of 20 ms.
_LATEST_START = 50
_PREPEND = "\"'“¿([{-"
_APPEND = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True)
class Window:
    """Up to speech.WINDOW_S seconds that begin `offset` seconds into the audio."""

    audio: Audio
    offset: float
    options: Options


@dataclass
class _Heard:
    """A window on its way through the model. features: (mels, 3000). language: "" until it is known."""

    window: Window
    features: NDArray[np.float32]
    language: str


class Passes:
    """The model and its batches; on one thread only.

    Segments of one window are the same whoever shares its pass, up to the rounding of sums in another order.
    """

    def __init__(self, model: WhisperModel, beam_size: int, guard: Guard) -> None:
        self._model = model
        self._beam_size = beam_size
        self._guard = guard
        self._tokenizers: dict[str, Tokenizer] = {}

    def run(self, windows: Sequence[Window]) -> list[list[Segment]]:
        heard = [
            _Heard(
                window,
                pad_or_trim(self._model.feature_extractor(window.audio)[..., :-1]),
                window.options.language or "",
            )
            for window in windows
        ]
        self._name_languages(heard)
        results: list[list[Segment]] = [[] for _ in windows]
        todo = list(range(len(windows)))
        for temperature in _TEMPERATURES:
            for group in self._groups(heard, todo):
                decoded = self._decode([heard[index] for index in group], temperature)
                for index, segments in zip(group, decoded, strict=True):
                    results[index] = self._better(results[index], segments)
            todo = [index for index in todo if self._deserves_another(windows[index], results[index])]
        return results

    def _better(self, one: list[Segment], other: list[Segment]) -> list[Segment]:
        """What does not loop; then what is more likely."""
        if not one or not other:
            return one or other

        def loops(segments: list[Segment]) -> bool:
            return any(segment.compression_ratio > self._guard.max_compression for segment in segments)

        if loops(one) != loops(other):
            return other if loops(one) else one
        return max(one, other, key=lambda segments: segments[0].avg_logprob)

    def _deserves_another(self, window: Window, segments: list[Segment]) -> bool:
        guard = self._guard
        return window.options.temperature is None and any(
            segment.compression_ratio > guard.max_compression
            or (segment.avg_logprob < guard.min_logprob and segment.no_speech_prob <= guard.no_speech)
            for segment in segments
        )

    def _name_languages(self, heard: list["_Heard"]) -> None:
        if not self._model.model.is_multilingual:
            for one in heard:
                one.language = "en"
        unknown = [one for one in heard if not one.language]
        if unknown:
            encoded = self._model.encode(np.stack([one.features for one in unknown]))
            for one, found in zip(unknown, self._model.model.detect_language(encoded), strict=True):
                # Tokens such as <|ru|>, the most probable first.
                one.language = found[0][0][2:-2]

    def _groups(self, heard: list["_Heard"], todo: list[int]) -> list[list[int]]:
        """What can be decoded together: CTranslate2 wants prompts of one length.

        Times of words are found window by window, since upstream corrects them by the words before, which
        would be another caller's.
        """
        groups: defaultdict[tuple[int, bool, float | None, int], list[int]] = defaultdict(list)
        for index in todo:
            options = heard[index].window.options
            alone = index if options.words else -1
            length = len(self._prompt(heard[index]))
            groups[length, options.timestamps, options.temperature, alone].append(index)
        return list(groups.values())

    def _decode(self, group: list["_Heard"], temperature: float) -> list[list[Segment]]:
        options = group[0].window.options
        asked = temperature if options.temperature is None else options.temperature
        encoded = self._model.encode(np.stack([one.features for one in group]))
        results = self._model.model.generate(
            encoded,
            [self._prompt(one) for one in group],
            beam_size=self._beam_size if asked == 0 else 1,
            sampling_temperature=asked or 1,
            sampling_topk=1 if asked == 0 else 0,
            max_length=self._model.max_length,
            max_initial_timestamp_index=_LATEST_START,
            return_scores=True,
            return_no_speech_prob=True,
        )
        decoded = []
        for one, result in zip(group, results, strict=True):
            tokens = result.sequences_ids[0]
            whole = Segment(
                text="",
                start=0,
                end=len(one.window.audio) / RATE,
                avg_logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
                compression_ratio=1,
                no_speech_prob=result.no_speech_prob,
                temperature=asked,
                language=one.language,
                tokens=tuple(tokens),
            )
            segments = self._segments(whole, options, encoded)
            decoded.append([segment.shifted(one.window.offset) for segment in segments])
        return decoded

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=language,
            )
        return self._tokenizers[language]

    def _prompt(self, heard: "_Heard") -> list[int]:
        options = heard.window.options
        tokenizer = self._tokenizer(heard.language)
        expected = options.prompt.strip() if options.prompt else ""
        prompt: list[int] = self._model.get_prompt(
            tokenizer,
            tokenizer.encode(f" {expected}") if expected else [],
            without_timestamps=not options.timestamps,
        )
        return prompt

    def _segments(self, whole: Segment, options: Options, encoded: StorageView) -> list[Segment]:
        """Cuts what was said in a window at its time tokens; seconds from the beginning of the window."""
        tokenizer = self._tokenizer(whole.language)
        frames = int(whole.end * self._model.frames_per_second)
        parts: list[dict[str, Any]]
        if options.timestamps:
            parts, _, _ = self._model._split_segments_by_timestamps(
                tokenizer=tokenizer,
                tokens=list(whole.tokens),
                time_offset=0.0,
                segment_size=frames,
                segment_duration=whole.end,
                seek=0,
            )
        else:
            parts = [{"seek": 0, "start": whole.start, "end": whole.end, "tokens": list(whole.tokens)}]
        if options.words and parts:
            self._model.add_word_timestamps(
                [parts], tokenizer, encoded, frames, _PREPEND, _APPEND, last_speech_timestamp=0.0
            )
        return [
            replace(
                whole,
                text=text,
                start=float(part["start"]),
                end=float(part["end"]),
                tokens=tuple(part["tokens"]),
                compression_ratio=_compression(text),
                words=tuple(
                    Word(word["word"], float(word["start"]), float(word["end"]), float(word["probability"]))
                    for word in part.get("words", ())
                ),
            )
            for part in parts
            if (text := tokenizer.decode(part["tokens"])).strip()
        ]


def _compression(text: str) -> float:
    """High where a text repeats itself."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))
