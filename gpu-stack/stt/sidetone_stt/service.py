"""One engine, whether it is ready, and room for so many requests."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from sidetone_common import logs
from sidetone_common.errors import ApiError
from sidetone_common.models import ModelError
from sidetone_stt.engine import Engine
from sidetone_stt.metrics import Metrics
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio, Options, Segment

log = logs.get("stt")

_RETRY_AFTER_S = 1


class Service:
    """What both the HTTP and the WebSocket side use."""

    def __init__(self, settings: Settings, engine: Engine, metrics: Metrics) -> None:
        self.settings = settings
        self.engine = engine
        self.metrics = metrics
        self.ready = False
        # Why it will never be ready.
        self.failure: str | None = None
        self._requests = 0
        self._sessions = 0

    async def load(self) -> None:
        started = time.perf_counter()
        try:
            await _on_daemon(self.engine.load)
        except ModelError as error:
            self.failure = str(error)
            log.error("model.missing", reason=self.failure)
        except Exception as error:
            # The engines raise RuntimeError for a GPU that is missing or full, among much else.
            self.failure = f"the model could not be loaded: {error}"
            log.error("model.failed", error=error)
        else:
            self.ready = True
            log.info("stt.ready", model=self.engine.name, seconds=time.perf_counter() - started)

    def close(self) -> None:
        if self.ready:
            self.ready = False
            self.engine.close()

    def check_ready(self) -> None:
        """@raises ApiError 503"""
        if self.failure is not None:
            raise ApiError(503, "model_missing", self.failure)
        if not self.ready:
            raise ApiError(503, "starting", "the model is being loaded", retry_after_s=5)

    def check_model(self, model: str) -> None:
        """@raises ApiError 404"""
        if model != self.engine.name:
            raise ApiError(
                404,
                "model_not_found",
                f"there is no model {model} here, only {self.engine.name}",
                param="model",
            )

    def language(self, asked: str | None) -> str | None:
        """What is asked for, or what the settings say; None to find out."""
        return (asked or self.settings.language or "").lower() or None

    @contextmanager
    def request(self) -> Iterator[None]:
        """@raises ApiError 429: full"""
        if self._requests >= self.settings.max_requests:
            raise self._full(f"{self._requests} requests are in progress already")
        self._requests += 1
        self.metrics.requests.inc()
        try:
            yield
        finally:
            self._requests -= 1
            self.metrics.requests.dec()

    @contextmanager
    def session(self) -> Iterator[None]:
        """@raises ApiError 429: full"""
        if self._sessions >= self.settings.max_sessions:
            raise self._full(f"{self._sessions} sessions are open already")
        self._sessions += 1
        self.metrics.sessions.inc()
        try:
            yield
        finally:
            self._sessions -= 1
            self.metrics.sessions.dec()

    def _full(self, what: str) -> ApiError:
        self.metrics.refused.inc()
        return ApiError(429, "queue_full", f"{what}; try again", retry_after_s=_RETRY_AFTER_S)

    async def transcribe(self, audio: Audio, options: Options) -> AsyncIterator[Segment]:
        """As the engine's, measured."""
        started = time.perf_counter()
        text: list[str] = []
        async for segment in self.engine.transcribe(audio, options):
            text.append(segment.text)
            yield segment
        audio_s, took_s = len(audio) / RATE, time.perf_counter() - started
        self.metrics.on_transcribed(audio_s, took_s)
        said = logs.Text("".join(text))
        log.info("stt.transcribed", audio_s=audio_s, took_s=took_s, language=options.language, text=said)


async def _on_daemon(function: Callable[[], None]) -> None:
    """On a thread that the process does not wait for when it is told to stop: a download takes minutes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        outcome = None
        try:
            function()
        except Exception as error:
            outcome = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=run, name="load", daemon=True).start()
    await done
