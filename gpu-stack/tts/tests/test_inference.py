import asyncio
from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest
import tiny
import torch

from sidetone_tts.inference import Clause, DeadlinePassed, Inference, QueueFull, Reference, SpeechError
from sidetone_tts.model import Audio, F5Model

STEPS = 7


@pytest.fixture(scope="module")
def f5(tmp_path_factory: pytest.TempPathFactory) -> F5Model:
    return tiny.model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def voice(f5: F5Model) -> Reference:
    return tiny.voice(f5)


class Passes:
    """Watches the forward passes of a real model, and holds one of them until told otherwise."""

    def __init__(self, f5: F5Model) -> None:
        self.sizes: list[int] = []
        self.held, self.go_on = Event(), Event()
        self.before: Callable[[int], None] = lambda size: None
        self._handle = f5._cfm.transformer.register_forward_pre_hook(self._pass, with_kwargs=True)

    def _pass(self, _: object, __: object, given: dict[str, torch.Tensor]) -> None:
        size = len(given["x"])
        self.before(size)
        self.sizes.append(size)
        if len(self.sizes) == 1:
            self.held.set()
            assert self.go_on.wait(30)

    async def until_held(self) -> None:
        assert await asyncio.to_thread(self.held.wait, 30)

    def remove(self) -> None:
        self.go_on.set()
        self._handle.remove()


@pytest.fixture
def passes(f5: F5Model) -> Iterator[Passes]:
    watch = Passes(f5)
    yield watch
    watch.remove()


Make = Callable[..., Inference]


@pytest.fixture
def make(f5: F5Model, passes: Passes) -> Iterator[Make]:
    made: list[Inference] = []

    def make(
        max_batch: int = 4, queue_limit: int = 8, start: bool = True, **how: Callable[..., None]
    ) -> Inference:
        made.append(Inference(f5, max_batch=max_batch, queue_limit=queue_limit, **how))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    passes.go_on.set()
    for inference in made:
        inference.close()
        assert not inference.alive


def alone(f5: F5Model, clause: Clause) -> Audio:
    sampling = f5.begin(clause)
    while not sampling.done:
        f5.advance([sampling])
    return f5.finish(sampling)


def clauses(voice: Reference, count: int) -> list[Clause]:
    return [Clause(voice, "Слово " * (n + 1), seed=n, steps=STEPS) for n in range(count)]


async def queued(inference: Inference, *some: Clause) -> list[asyncio.Task[Audio]]:
    """Tasks that have put their clause into the queue."""
    tasks = [asyncio.create_task(inference.speak(clause)) for clause in some]
    await asyncio.sleep(0)
    return tasks


async def test_who_waits_shares_the_next_pass_and_hears_what_it_would_alone(
    f5: F5Model, voice: Reference, passes: Passes, make: Make
) -> None:
    inference, (first, *rest) = make(), clauses(voice, 4)
    passes.go_on.set()
    expected = [alone(f5, clause) for clause in (first, *rest)]
    passes.sizes.clear()
    passes.held.clear()
    passes.go_on.clear()
    tasks = await queued(inference, first)
    await passes.until_held()
    tasks += await queued(inference, *rest)
    passes.go_on.set()
    for audio, want in zip(await asyncio.gather(*tasks), expected, strict=True):
        assert audio.dtype == np.float32
        np.testing.assert_allclose(audio, want, atol=1e-5, rtol=0)
    # The first has one step before the others join, who have one more after it.
    assert passes.sizes == [1, *[4] * (STEPS - 1), 3]


async def test_no_more_than_max_batch_first_come_first_served(
    voice: Reference, passes: Passes, make: Make
) -> None:
    inference, some = make(max_batch=2), clauses(voice, 5)
    tasks = await queued(inference, some[0])
    await passes.until_held()
    tasks += await queued(inference, *some[1:])
    order: list[asyncio.Task[Audio]] = []
    for task in tasks:
        task.add_done_callback(order.append)
    passes.go_on.set()
    await asyncio.gather(*tasks)
    assert max(passes.sizes) == 2
    assert order == tasks


async def test_a_full_queue_says_when_to_come_again(voice: Reference, passes: Passes, make: Make) -> None:
    inference, some = make(max_batch=1, queue_limit=2), clauses(voice, 4)
    tasks = await queued(inference, some[0])
    await passes.until_held()
    tasks += await queued(inference, *some[1:3])
    assert inference.waiting == 2
    with pytest.raises(QueueFull) as full:
        await inference.speak(some[3])
    assert full.value.retry_after_s > 0
    passes.go_on.set()
    await asyncio.gather(*tasks)
    assert inference.waiting == 0
    await inference.speak(some[3])


async def test_cancelled_within_one_step_and_the_others_never_hear_of_it(
    f5: F5Model, voice: Reference, passes: Passes, make: Make
) -> None:
    passes.go_on.set()
    inference, some = make(), clauses(voice, 3)
    expected = [alone(f5, clause) for clause in some]
    passes.sizes.clear()
    passes.held.clear()
    passes.go_on.clear()
    tasks = await queued(inference, some[0])
    await passes.until_held()
    tasks += await queued(inference, *some[1:])
    loop, cancelled = asyncio.get_running_loop(), Event()

    def cancel_in_third_pass(size: int) -> None:
        if len(passes.sizes) == 2:
            loop.call_soon_threadsafe(tasks[1].cancel)
            loop.call_soon_threadsafe(loop.call_soon, cancelled.set)
            assert cancelled.wait(30)

    passes.before = cancel_in_third_pass
    passes.go_on.set()
    await asyncio.wait(tasks)
    assert tasks[1].cancelled()
    assert passes.sizes == [1, 3, 3, *[2] * (STEPS - 3), 1]
    for number in (0, 2):
        np.testing.assert_allclose(await tasks[number], expected[number], atol=1e-5, rtol=0)


async def test_a_cancelled_clause_that_waits_is_never_begun(
    voice: Reference, passes: Passes, make: Make
) -> None:
    inference, some = make(max_batch=1), clauses(voice, 3)
    tasks = await queued(inference, *some[:1])
    await passes.until_held()
    tasks += await queued(inference, *some[1:])
    tasks[1].cancel()
    passes.go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert passes.sizes == [1] * 2 * STEPS


async def test_a_deadline_ends_a_clause_in_work_and_one_that_waits(
    voice: Reference, passes: Passes, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("sidetone_tts.inference.monotonic", lambda: now)

    def hurry(_: int) -> None:
        nonlocal now
        now += 1

    passes.before = hurry
    inference = make(max_batch=2, start=False)
    kept, in_work, waiting = (Clause(voice, "Слово.", 1, STEPS, deadline=end) for end in (200, 103, 102))
    tasks = await queued(inference, kept, in_work, waiting)
    passes.go_on.set()
    inference.start()
    spoken, *late = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(spoken, np.ndarray)
    assert [type(error) for error in late] == [DeadlinePassed, DeadlinePassed]
    # The second takes part until its deadline is over, the third never.
    assert passes.sizes == [2] * 4 + [1] * (STEPS - 4)


async def test_a_bad_clause_fails_alone(voice: Reference, make: Make, passes: Passes) -> None:
    passes.go_on.set()
    inference = make()
    good, empty, endless, steps = await asyncio.gather(
        *await queued(
            inference,
            Clause(voice, "Слово.", 1, STEPS),
            Clause(voice, "  ", 1, STEPS),
            Clause(voice, "слово " * 5000, 1, STEPS),
            Clause(voice, "Слово.", 1, 8),
        ),
        return_exceptions=True,
    )
    assert isinstance(good, np.ndarray)
    for error, message in (
        (empty, "nothing to say"),
        (endless, "split it"),
        (steps, "no schedule of 8 steps"),
    ):
        assert isinstance(error, SpeechError) and message in str(error)


async def test_a_failed_pass_fails_its_clauses_and_the_next_ones_are_spoken(
    f5: F5Model, voice: Reference, passes: Passes, make: Make
) -> None:
    passes.go_on.set()
    inference, (clause, other) = make(), clauses(voice, 2)
    expected = alone(f5, other)
    handle = f5._cfm.transformer.proj_out.register_forward_pre_hook(broken)
    with pytest.raises(SpeechError, match="the card is gone"):
        await inference.speak(clause)
    handle.remove()
    assert np.array_equal(await inference.speak(other), expected)


def broken(*_: object) -> None:
    raise RuntimeError("the card is gone")


async def test_after_an_error_that_ruins_the_device_nothing_pretends_to_work(
    voice: Reference, passes: Passes, make: Make
) -> None:
    passes.go_on.set()
    inference, (clause, other) = make(), clauses(voice, 2)

    def ruin(_: int) -> None:
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    passes.before = ruin
    with pytest.raises(SpeechError, match="illegal memory access"):
        await inference.speak(clause)
    await asyncio.to_thread(inference._thread.join, 30)
    assert not inference.alive
    with pytest.raises(SpeechError, match="start the service again"):
        await inference.speak(other)


async def test_without_memory_for_all_they_are_computed_in_halves(
    f5: F5Model, voice: Reference, passes: Passes, make: Make
) -> None:
    passes.go_on.set()
    inference, some = make(), clauses(voice, 4)
    expected = [alone(f5, clause) for clause in some]
    passes.sizes.clear()

    def no_memory(size: int) -> None:
        if size > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    passes.before = no_memory
    for audio, want in zip(await asyncio.gather(*await queued(inference, *some)), expected, strict=True):
        assert np.array_equal(audio, want)
    assert passes.sizes == [1] * 4 * STEPS


async def test_says_what_it_did(f5: F5Model, voice: Reference, passes: Passes, make: Make) -> None:
    reports: list[tuple[int, int, float, float]] = []
    inference, some = make(on_batch=lambda *report: reports.append(report)), clauses(voice, 3)
    tasks = await queued(inference, some[0])
    await passes.until_held()
    tasks += await queued(inference, *some[1:])
    passes.go_on.set()
    audio = await asyncio.gather(*tasks)
    inference.close()
    assert [(size, steps) for size, steps, _, _ in reports] == [(3, STEPS), (2, 1)]
    assert all(seconds > 0 for _, _, seconds, _ in reports)
    made = sum(seconds for _, _, _, seconds in reports)
    assert made == pytest.approx(sum(len(piece) for piece in audio) / f5.sample_rate)


async def test_close_ends_what_is_in_work_and_what_waits(
    voice: Reference, passes: Passes, make: Make
) -> None:
    inference, some = make(max_batch=1), clauses(voice, 3)
    tasks = await queued(inference, some[0])
    await passes.until_held()
    tasks += await queued(inference, *some[1:])
    closing = asyncio.create_task(asyncio.to_thread(inference.close))
    while not inference._closed:
        await asyncio.sleep(0)
    passes.go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await closing
    assert [type(result) for result in results] == [SpeechError] * 3
    assert not inference.alive
    with pytest.raises(SpeechError, match="shutting down"):
        await inference.speak(some[0])
