"""The one thread that a model works in, and the queue before it.

Clauses join and leave between forward passes: who waits when a pass ends shares the next one, first come,
first served. Nobody waits for the end of somebody else's clause unless the model is full.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic

import torch

from sidetone_common import logs

from .batch import Sampling
from .model import Audio, Clause, F5Model, Reference, SpeechError

__all__ = ["Clause", "DeadlinePassed", "Inference", "OnBatch", "QueueFull", "Reference", "SpeechError"]

log = logs.get("inference")

# size, steps, seconds, audio_seconds; see Inference.
OnBatch = Callable[[int, int, float, float], None]


class QueueFull(Exception):
    """Too many clauses wait. retry_after_s: when there should be room, from how long clauses took so far."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too much speech is waiting to be made")
        self.retry_after_s = retry_after_s


class DeadlinePassed(Exception):
    """The clause was not spoken in time."""


@dataclass(eq=False)
class _Job:
    clause: Clause
    # Never marked as running, so that it can be cancelled until it has a result.
    result: Future[Audio] = field(default_factory=Future)
    begun: float = 0.0

    def wanted(self) -> bool:
        """Whether anybody still waits for it; says so to those for whom it is too late."""
        deadline = self.clause.deadline
        if deadline is not None and monotonic() > deadline:
            self.fail(DeadlinePassed())
        return not self.result.done()

    # Its owner may cancel it at any moment, also at the one of its result.

    def succeed(self, audio: Audio) -> None:
        with suppress(InvalidStateError):
            self.result.set_result(audio)

    def fail(self, error: Exception) -> None:
        with suppress(InvalidStateError):
            self.result.set_exception(error)


class Inference:
    """Speaks clauses with `model`, at most `max_batch` in a forward pass, at most `queue_limit` waiting.

    on_batch is called from the thread whenever clauses were finished, with what happened since the last call:
    the most clauses that shared a pass, the passes (steps), the seconds they took, the seconds of sound made.
    """

    def __init__(
        self, model: F5Model, *, max_batch: int, queue_limit: int, on_batch: OnBatch = lambda *_: None
    ) -> None:
        self.model = model
        self._max_batch = max_batch
        self._queue_limit = queue_limit
        self._on_batch = on_batch
        self._changed = Condition()
        self._waiting: deque[_Job] = deque()
        self._active: dict[_Job, Sampling] = {}
        # Why no clause is taken any more, once that is so.
        self._closed: str | None = None
        self._clause_s = 1.0
        self._since_report = _Passes()
        self._thread = Thread(target=self._run, name="inference", daemon=True)

    @property
    def waiting(self) -> int:
        """Clauses that are in no forward pass yet."""
        return len(self._waiting)

    @property
    def alive(self) -> bool:
        """Whether clauses are taken and spoken."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the pass it is in; clauses that are not finished fail."""
        with self._changed:
            self._closed = self._closed or "the service is shutting down"
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    async def speak(self, clause: Clause) -> Audio:
        """The sound of a clause: mono, float32, at model.sample_rate.

        Cancel the awaiting task, and the clause leaves before the next pass.
        @raises QueueFull, DeadlinePassed, SpeechError
        """
        job = _Job(clause)
        with self._changed:
            if self._closed:
                raise SpeechError(self._closed)
            if len(self._waiting) >= self._queue_limit:
                raise QueueFull(self._clause_s * (1 + len(self._waiting) / self._max_batch))
            self._waiting.append(job)
            self._changed.notify()
        return await asyncio.wrap_future(job.result)

    def _run(self) -> None:
        try:
            while self._admit():
                self._pass(list(self._active))
                self._finish()
        except Exception as error:
            log.error("inference.died", error=error)
            self._closed = f"the model cannot go on, start the service again: {error}"
        with self._changed:
            for job in (*self._active, *self._waiting):
                job.fail(SpeechError(self._closed or ""))
            self._active.clear()
            self._waiting.clear()

    def _admit(self) -> bool:
        """Waits for clauses, lets those in for which there is room; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting or self._active)
            if self._closed:
                return False
            self._active = {job: sampling for job, sampling in self._active.items() if job.wanted()}
            self._waiting = deque(job for job in self._waiting if job.wanted())
            room = min(self._max_batch - len(self._active), len(self._waiting))
            joining = [self._waiting.popleft() for _ in range(room)]
        for job in joining:
            self._begin(job)
        return True

    def _begin(self, job: _Job) -> None:
        job.begun = monotonic()
        try:
            self._active[job] = self.model.begin(job.clause)
        except Exception as error:
            self._fail([job], error)

    def _pass(self, jobs: list[_Job]) -> None:
        """One step for each job; those that cannot be computed fail, the others never hear of it."""
        if not jobs:
            return
        started = monotonic()
        try:
            self.model.advance([self._active[job] for job in jobs])
        except torch.OutOfMemoryError as error:
            if len(jobs) == 1:
                return self._fail(jobs, error)
            log.warning("inference.memory_short", size=len(jobs))
            torch.cuda.empty_cache()
            self._pass(jobs[: len(jobs) // 2])
            self._pass(jobs[len(jobs) // 2 :])
        except torch.AcceleratorError as error:
            # Nothing on the device can be trusted any more, until the process is started again.
            self._fail(jobs, error)
            raise
        except Exception as error:
            self._fail(jobs, error)
        else:
            self._since_report.add(len(jobs), monotonic() - started)

    def _finish(self) -> None:
        done = {job: sampling for job, sampling in self._active.items() if sampling.done and job.wanted()}
        audio_s = 0.0
        for job, sampling in done.items():
            del self._active[job]
            try:
                audio = self.model.finish(sampling)
            except Exception as error:
                self._fail([job], error)
                continue
            audio_s += len(audio) / self.model.sample_rate
            self._clause_s += 0.1 * (monotonic() - job.begun - self._clause_s)
            job.succeed(audio)
        if audio_s:
            self._on_batch(*self._since_report.take(), audio_s)

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        if not isinstance(error, SpeechError):
            log.error("speech.failed", error=error, size=len(jobs))
            error = SpeechError(f"the model failed: {error}")
        for job in jobs:
            job.fail(error)


@dataclass
class _Passes:
    size: int = 0
    steps: int = 0
    seconds: float = 0.0

    def add(self, size: int, seconds: float) -> None:
        self.size = max(self.size, size)
        self.steps += 1
        self.seconds += seconds

    def take(self) -> tuple[int, int, float]:
        taken = self.size, self.steps, self.seconds
        self.size, self.steps, self.seconds = 0, 0, 0.0
        return taken
