"""T-one: Russian telephone speech, word by word every 300 ms (through sherpa-onnx)."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sidetone_common.errors import ApiError
from sidetone_common.models import ModelFile, obtain
from sidetone_stt.audio import Resampler
from sidetone_stt.inference import Inference
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment

if TYPE_CHECKING:
    # It is published without types.
    from sherpa_onnx import OnlineRecognizer, OnlineStream  # type: ignore[import-untyped]

NAME = "t-one"
_REPO = "csukuangfj/sherpa-onnx-streaming-t-one-russian-2025-09-08"
_MODEL, _TOKENS = "model.onnx", "tokens.txt"
_RATE = 8000
# The model answers for a chunk with what it heard up to about its middle: silence brings out the last word.
_FLUSH_S = 0.6
_PIECE = 3 * RATE


def weights(settings: Settings) -> ModelFile:
    return ModelFile(_REPO, _MODEL, settings.revision, settings.sha256)


@dataclass
class _Step:
    """More audio for a stream, at _RATE; last: nothing follows."""

    stream: "OnlineStream"
    audio: Audio
    last: bool


class TOneEngine:
    """Engine for T-one. It knows neither prompts nor times of words; texts come in small letters."""

    def __init__(self, settings: Settings, *, on_pass: Callable[[int, float], None]) -> None:
        self._settings = settings
        self._recognizer: OnlineRecognizer | None = None
        self._inference = Inference(self._run, max_batch=settings.max_batch, on_pass=on_pass)

    @property
    def name(self) -> str:
        return NAME

    def load(self) -> None:
        # Imported here: whoever runs Whisper need not have it.
        from sherpa_onnx import OnlineRecognizer

        model, tokens = self.files()
        self._recognizer = OnlineRecognizer.from_t_one_ctc(
            tokens=tokens,
            model=model,
            num_threads=self._settings.cpu_threads or 1,
            # The only one in PyPI's build, and enough: a chunk of 300 ms takes some ten milliseconds.
            provider="cpu",
        )
        self._run([_Step(self._recognizer.create_stream(), np.zeros(_RATE, np.float32), last=True)])
        self._inference.start()

    def files(self) -> tuple[str, str]:
        """Model and tokens on disk, downloaded if need be. @raises ModelError"""
        settings = self._settings
        tokens, model = (
            obtain(file, settings.models, token=settings.hf_token, endpoint=settings.hub)
            for file in (replace(weights(settings), file=_TOKENS, sha256=None), weights(settings))
        )
        return str(model), str(tokens)

    def close(self) -> None:
        self._inference.close()

    def check(self, options: Options) -> None:
        if options.language not in (None, "ru"):
            raise ApiError(
                400,
                "invalid_language",
                f"language {options.language}: T-one knows Russian only",
                param="language",
            )
        if options.words:
            raise ApiError(
                400,
                "invalid_value",
                "T-one tells no times of words",
                param="timestamp_granularities",
            )

    async def transcribe(self, audio: Audio, options: Options) -> AsyncIterator[Segment]:
        listener = self.listen(options)
        # In pieces, so that a long file leaves room for callers between them.
        for start in range(0, len(audio), _PIECE):
            await listener.feed(audio[start : start + _PIECE])
        text = await listener.finish()
        if text:
            yield Segment(
                text=text,
                start=0,
                end=len(audio) / RATE,
                avg_logprob=0,
                compression_ratio=1,
                no_speech_prob=0,
                temperature=0,
                language="ru",
            )

    def listen(self, options: Options) -> "TOneListener":
        if self._recognizer is None:
            raise RuntimeError("load() comes first")
        return TOneListener(self._recognizer.create_stream(), self._inference)

    def _run(self, steps: Sequence[_Step]) -> list[str]:
        """The whole text of each stream so far."""
        recognizer = self._recognizer
        if recognizer is None:
            raise RuntimeError("load() comes first")
        for step in steps:
            step.stream.accept_waveform(_RATE, step.audio)
            if step.last:
                step.stream.accept_waveform(_RATE, np.zeros(round(_FLUSH_S * _RATE), np.float32))
                step.stream.input_finished()
        while ready := [step.stream for step in steps if recognizer.is_ready(step.stream)]:
            recognizer.decode_streams(ready)
        return [str(recognizer.get_result(step.stream)).lstrip() for step in steps]


class TOneListener:
    def __init__(self, stream: "OnlineStream", inference: Inference[_Step, str]) -> None:
        self._stream = stream
        self._inference = inference
        self._resampler = Resampler(RATE, _RATE)
        self._text = ""

    async def feed(self, audio: Audio) -> str:
        text = await self._inference.submit(_Step(self._stream, self._resampler.push(audio), last=False))
        return self._grown(text)

    async def finish(self) -> str:
        self._grown(await self._inference.submit(_Step(self._stream, np.zeros(0, np.float32), last=True)))
        return self._text.strip()

    def _grown(self, text: str) -> str:
        # CTC without a beam: what is written stays.
        new = text[len(self._text) :]
        self._text = text
        return new
