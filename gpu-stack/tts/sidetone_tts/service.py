"""The parts of the speech service put together: model, texts, voices, and whether it is ready."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from sidetone_common import logs
from sidetone_common.models import ModelError

from . import checkpoint
from .casting import DEFAULT_VOICE, Casting
from .checkpoint import CheckpointError
from .cloning import Cloning
from .metrics import Metrics
from .model import F5Model, Reference, load
from .patch import PatchError
from .reference import SAMPLE_RATE, as_wav
from .requests import language_of
from .settings import Settings
from .speaker import Say, Speaker
from .text import Dictionary, Normalized, load_accentor, normalize
from .transcribe import transcribe
from .voices import VoiceStore

log = logs.get("service")

T = TypeVar("T")
# Of a text in a language, "ru" or "en".
Normalize = Callable[[str, str], Normalized]

_RETRY_S = 2.0
_WARM_UP_TEXT = {"ru": "Проверка связи, раз, два, три.", "en": "Testing, one, two, three."}


class Service:
    """Start it before use; it owns the model's thread, the warm-up and the references."""

    def __init__(self, settings: Settings, model: F5Model | None = None) -> None:
        self.metrics = Metrics()
        # What has to happen before requests are welcome; None once nothing has.
        self.not_ready: str | None = "starting"
        self._settings = settings
        self._model = model
        self._normalize: Normalize | None = None
        self._speaker: Speaker | None = None
        self._cloning: Cloning | None = None
        self._casting: Casting | None = None
        self._warming: asyncio.Task[None] | None = None

    @property
    def speaker(self) -> Speaker:
        return _started(self._speaker)

    @property
    def casting(self) -> Casting:
        return _started(self._casting)

    @property
    def alive(self) -> bool:
        return self._speaker is not None and self._speaker.alive

    async def start(self) -> None:
        """Loads what is needed, and begins to warm up.

        @raises CheckpointError, ModelError, PatchError, DictionaryError, StressUnavailable
        """
        settings = self._settings
        spoken = await asyncio.to_thread(_normalizer, settings)
        model = self._model
        if model is None:
            model = await asyncio.to_thread(_loaded, settings)
        self._normalize = spoken
        self._speaker = Speaker(
            model,
            lambda text, language: spoken(text, language).text,
            self.metrics,
            max_batch=settings.max_batch,
            queue_limit=settings.queue_limit,
            deadline_s=settings.deadline_s,
            first_clause_s=settings.first_clause_s,
        )
        self._cloning = Cloning(
            model,
            lambda text: spoken(text, language_of(text)).text,
            self._transcribe if settings.stt_url else None,
            min_speech_s=settings.min_speech_s,
        )
        store = VoiceStore(settings.voices_dir)
        self._casting = Casting(self._cloning, store, settings.ref_audio, settings.ref_text)
        self._speaker.start()
        self._warming = asyncio.create_task(self._warm_up())

    async def close(self) -> None:
        self.not_ready = "stopping"
        if self._warming:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._cloning:
            await self._cloning.close()
        if self._speaker:
            await asyncio.to_thread(self._speaker.close)

    async def normalized(self, text: str, language: str) -> Normalized:
        return await asyncio.to_thread(_started(self._normalize), text, language)

    async def _transcribe(self, wav: bytes) -> str:
        settings = self._settings
        url = settings.stt_url or ""
        return await transcribe(wav, url=url, model=settings.stt_model, api_key=settings.api_key)

    async def _warm_up(self) -> None:
        """Speaks a sentence, in the default voice where there is one; again until it has succeeded."""
        while self.not_ready is not None:
            try:
                await self._speak_once()
                self.not_ready = None
                log.info("service.ready", port=self._settings.port)
            except Exception as error:  # Whatever it is, it is shown, and may pass.
                self.not_ready = f"the warm-up failed: {error}"
                log.warning("service.not_ready", error=error)
                await asyncio.sleep(_RETRY_S)

    async def _speak_once(self) -> None:
        language = self._settings.language
        words = _WARM_UP_TEXT[language]

        async def voice() -> Reference:
            if self._settings.ref_audio.is_file():
                return await self.casting.find(DEFAULT_VOICE, None, None)
            noise = np.random.default_rng(0).standard_normal(6 * SAMPLE_RATE, dtype=np.float32)
            return await _started(self._cloning).stored(as_wav(noise * np.float32(0.1)), words)

        say = Say(words, language, voice, self._settings.steps, speed=1, seed=0, arrived=time.monotonic())
        async for _ in self.speaker.say(say):
            pass


def _started(part: T | None) -> T:
    if part is None:
        raise RuntimeError("the service has not been started")
    return part


def _normalizer(settings: Settings) -> Normalize:
    """@raises DictionaryError, StressUnavailable"""
    dictionary = Dictionary.read(settings.dictionary) if settings.dictionary else Dictionary()
    # Loaded now: the first caller should not wait for it.
    load_accentor(settings.stress)
    return partial(normalize, dictionary=dictionary, stress=settings.stress)


def _loaded(settings: Settings) -> F5Model:
    """@raises CheckpointError, ModelError, PatchError"""
    try:
        files = checkpoint.obtain(
            settings.source, settings.models_dir, token=settings.hf_token, endpoint=settings.hf_endpoint
        )
        return load(files, settings.device, getattr(torch, settings.dtype), compiled=settings.compiled)
    except (CheckpointError, ModelError, PatchError) as error:
        log.error("service.cannot_start", reason=str(error))
        raise
