"""The engine for Whisper models."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import _LANGUAGE_CODES

from sidetone_common.errors import ApiError
from sidetone_stt import speech, whisper_files
from sidetone_stt.guard import Guard
from sidetone_stt.inference import Inference
from sidetone_stt.passes import Passes, Window
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment


class WhisperEngine:
    """Engine for Whisper models.

    on_pass: windows and seconds of each pass. on_dropped: why something was taken for invented.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        on_pass: Callable[[int, float], None],
        on_dropped: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._on_dropped = on_dropped
        self._guard = Guard(settings.no_speech, settings.min_logprob, settings.max_compression)
        self._model: WhisperModel | None = None
        self._passes: Passes | None = None
        self._inference = Inference(self._run, max_batch=settings.max_batch, on_pass=on_pass)

    @property
    def name(self) -> str:
        return self._settings.model

    def load(self) -> None:
        settings = self._settings
        self._model = WhisperModel(
            str(whisper_files.folder(settings)),
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.cpu_threads,
        )
        self._passes = Passes(self._model, settings.beam_size, self._guard)
        noise = np.random.default_rng(0).normal(0, 0.01, RATE).astype(np.float32)
        speech.find(noise, settings.vad_threshold, settings.vad_silence_ms)
        # With the largest batch, so that its memory is taken now or never.
        self._passes.run([Window(noise, 0, Options(language="en", temperature=0))] * settings.max_batch)
        self._inference.start()

    def close(self) -> None:
        self._inference.close()

    def check(self, options: Options) -> None:
        if options.language is not None and options.language not in _LANGUAGE_CODES:
            raise ApiError(
                400,
                "invalid_language",
                f"language {options.language}: not one of Whisper's; write ISO 639-1, such as ru or en",
                param="language",
            )

    async def transcribe(self, audio: Audio, options: Options) -> AsyncIterator[Segment]:
        settings = self._settings
        spans = await asyncio.to_thread(speech.find, audio, settings.vad_threshold, settings.vad_silence_ms)
        todo = [
            Window(audio[span.start : span.end], span.start / RATE, options) for span in speech.windows(spans)
        ]
        while todo:
            # The first window tells the language of the rest. Then a few at a time, so that one long file
            # leaves room for others in each pass.
            share = 1 if options.language is None else max(1, settings.max_batch // 2)
            batch, todo = todo[:share], todo[share:]
            passes = [self._inference.submit(replace(window, options=options)) for window in batch]
            for segments in await asyncio.gather(*passes):
                for segment in segments:
                    options = replace(options, language=options.language or segment.language)
                    kept, reason = self._guard.check(segment)
                    if reason is not None:
                        self._on_dropped(reason)
                    if kept is not None:
                        yield kept

    def listen(self, options: Options) -> "WhisperListener":
        return WhisperListener(self, options)

    def _run(self, windows: Sequence[Window]) -> list[list[Segment]]:
        if self._passes is None:
            raise RuntimeError("load() comes first")
        return self._passes.run(windows)


class WhisperListener:
    """Whisper hears a turn as a whole, so nothing is certain before its end."""

    def __init__(self, engine: WhisperEngine, options: Options) -> None:
        self._engine = engine
        self._options = options
        self._heard: list[Audio] = []

    async def feed(self, audio: Audio) -> str:
        self._heard.append(audio)
        return ""

    async def finish(self) -> str:
        audio = np.concatenate([np.zeros(0, np.float32), *self._heard])
        return "".join(
            [segment.text async for segment in self._engine.transcribe(audio, self._options)]
        ).strip()
