"""Speech from text: everything between an HTTP request and the model."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from sidetone_common import logs
from sidetone_common.errors import ApiError

from . import clauses
from .inference import Clause, DeadlinePassed, Inference, QueueFull, SpeechError
from .metrics import Metrics
from .model import Audio, F5Model, Reference
from .stream import speech

log = logs.get("speech")

# Reference and speech together, as upstream cuts its texts (f5_tts/infer/utils_infer.py, infer_process).
_MODEL_SECONDS = 22.0
_LEAST_SECONDS = 4.0
_LEAST_BYTES = 24
_MOST_FAILURES = 5


@dataclass(frozen=True)
class Say:
    """text: as written. voice: found or made only once the request is let in, as that may take a while.

    arrived: in seconds of time.monotonic().
    """

    text: str
    language: str
    voice: Callable[[], Awaitable[Reference]]
    steps: int
    speed: float
    seed: int
    arrived: float


class Speaker:
    """Owns the thread of the model, and how many requests may be under way.

    normalize(text, language): the text as it is spoken.
    """

    def __init__(
        self,
        model: F5Model,
        normalize: Callable[[str, str], str],
        metrics: Metrics,
        *,
        max_batch: int,
        queue_limit: int,
        deadline_s: float,
        first_clause_s: float,
    ) -> None:
        self._normalize = normalize
        self._metrics = metrics
        self._deadline_s = deadline_s
        self._first_clause_s = first_clause_s
        # A request has one clause at the model at a time, so a speech that has begun always finds room.
        self._most = max_batch + queue_limit
        self._under_way = 0
        # Clauses that failed since the last one that did not.
        self._failures = 0
        self._inference = Inference(
            model, max_batch=max_batch, queue_limit=self._most, on_batch=metrics.on_batch
        )
        self.sample_rate = model.sample_rate
        metrics.queue.set_function(lambda: self._inference.waiting)

    @property
    def alive(self) -> bool:
        """Whether the model speaks. A GPU that has failed once may fail until its process is started anew."""
        return self._inference.alive and self._failures < _MOST_FAILURES

    def start(self) -> None:
        self._inference.start()

    def close(self) -> None:
        self._inference.close()

    async def say(self, what: Say) -> AsyncGenerator[Audio, None]:
        """Audio piece by piece. @raises ApiError, before the first piece or, rarely, later"""
        if self._under_way >= self._most:
            self._metrics.refused.labels("queue_full").inc()
            waiting = f"{self._under_way} requests are being spoken or wait already"
            raise ApiError(429, "queue_full", waiting, retry_after_s=1)
        self._under_way += 1
        self._metrics.active.inc()
        first_audio_s, samples, outcome = 0.0, 0, "cancelled"
        try:
            async with aclosing(self._pieces(what)) as pieces:
                async for piece in pieces:
                    if not samples:
                        first_audio_s = time.monotonic() - what.arrived
                        self._metrics.first_audio.observe(first_audio_s)
                    samples += len(piece)
                    yield piece
            outcome = "done"
        except ApiError as error:
            outcome = "refused"
            self._metrics.refused.labels(error.code).inc()
            raise
        finally:
            self._under_way -= 1
            self._metrics.active.dec()
            log.info(
                f"speech.{outcome}",
                text=logs.Text(what.text),
                steps=what.steps,
                first_audio_s=first_audio_s,
                audio_s=samples / self.sample_rate,
                took_s=time.monotonic() - what.arrived,
            )

    async def _pieces(self, what: Say) -> AsyncGenerator[Audio, None]:
        voice = await what.voice()
        text = await asyncio.to_thread(self._normalize, what.text, what.language)
        first_bytes, most_bytes = self._sizes(voice, what.speed)
        pieces = clauses.split(text, first_max_bytes=first_bytes, max_bytes=most_bytes)
        pieces = [piece for piece in pieces if any(letter.isalnum() for letter in piece)]
        if not pieces:
            raise ApiError(400, "nothing_to_say", "input has no word that could be spoken", param="input")

        async def speak(index: int, clause: str) -> Audio:
            return await self._clause(what, voice, index, clause)

        async with aclosing(speech(pieces, speak, sample_rate=self.sample_rate)) as audio:
            async for piece in audio:
                yield piece

    async def _clause(self, what: Say, voice: Reference, index: int, text: str) -> Audio:
        clause = Clause(
            voice=voice,
            text=text,
            seed=what.seed + index,
            steps=what.steps,
            speed=what.speed,
            deadline=what.arrived + self._deadline_s,
        )
        try:
            audio = await self._inference.speak(clause)
        except QueueFull as error:
            raise ApiError(429, "queue_full", str(error), retry_after_s=error.retry_after_s) from error
        except DeadlinePassed as error:
            late = f"not spoken within {self._deadline_s:g} s: too much to say, or too many requests"
            raise ApiError(503, "deadline_passed", late, retry_after_s=1) from error
        except SpeechError as error:
            self._failures += 1
            raise ApiError(500, "speech_failed", str(error)) from error
        self._failures = 0
        return audio

    def _sizes(self, voice: Reference, speed: float) -> tuple[int, int]:
        """Bytes of the first clause and of the others: what this voice says in that time."""
        bytes_a_second = len(voice.text.encode()) / voice.seconds * speed
        longest_s = max(_LEAST_SECONDS, _MODEL_SECONDS - voice.seconds)
        first = max(_LEAST_BYTES, round(bytes_a_second * self._first_clause_s))
        return first, max(first, round(bytes_a_second * longest_s))
