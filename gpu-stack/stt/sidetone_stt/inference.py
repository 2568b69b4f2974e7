"""The one thread that a model runs in."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Closed(Exception):
    """The service stops."""


@dataclass
class _Job(Generic[Item, Result]):
    item: Item
    future: asyncio.Future[Result]
    loop: asyncio.AbstractEventLoop


class Inference(Generic[Item, Result]):
    """Runs `run` on what waits: everything that came while the last pass ran shares the next one.

    on_pass: told the number of items and the seconds of each pass, on the thread of the model.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        max_batch: int,
        on_pass: Callable[[int, float], None],
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._on_pass = on_pass
        self._waiting: queue.SimpleQueue[_Job[Item, Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._closed = False

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Waits for the pass in progress; what still waits fails with Closed."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()

    async def submit(self, item: Item) -> Result:
        """Cancelling takes the item out, unless its pass has begun. @raises Closed, whatever `run` raises"""
        if self._closed:
            raise Closed
        loop = asyncio.get_running_loop()
        job = _Job[Item, Result](item, loop.create_future(), loop)
        self._waiting.put(job)
        return await job.future

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            jobs = [first]
            while len(jobs) < self._max_batch and not self._waiting.empty():
                if (job := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                jobs.append(job)
            self._pass([job for job in jobs if not job.future.cancelled()])
        while not self._waiting.empty():
            if (job := self._waiting.get()) is not None:
                _answer(job, Closed())

    def _pass(self, jobs: Sequence[_Job[Item, Result]]) -> None:
        if not jobs:
            return
        started = time.perf_counter()
        try:
            results = self._run([job.item for job in jobs])
        except Exception as error:
            for job in jobs:
                _answer(job, error)
            return
        self._on_pass(len(jobs), time.perf_counter() - started)
        for job, result in zip(jobs, results, strict=True):
            _answer(job, result)


def _answer(job: _Job[Item, Result], outcome: Result | Exception) -> None:
    def settle() -> None:
        if job.future.done():
            return
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)

    # A loop that is closed has nobody left who waits.
    if not job.loop.is_closed():
        job.loop.call_soon_threadsafe(settle)
