import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from sidetone_stt.inference import Closed, Inference


class Model:
    """Doubles numbers; holds its thread until `go` is set."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.began = threading.Event()
        self.go = threading.Event()

    def run(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.began.set()
        self.go.wait()
        if 13 in items:
            raise ValueError("13")
        return [2 * item for item in items]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def inference(model: Model) -> Iterator[Inference[int, int]]:
    inference = Inference(model.run, max_batch=3, on_pass=lambda batch, seconds: None)
    inference.start()
    yield inference
    model.go.set()
    inference.close()


async def submitted(inference: Inference[int, int], *items: int) -> list["asyncio.Task[int]"]:
    tasks = [asyncio.create_task(inference.submit(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_together_shares_a_pass(model: Model, inference: Inference[int, int]) -> None:
    first = await submitted(inference, 1)
    await asyncio.to_thread(model.began.wait)
    rest = await submitted(inference, 2, 3, 4, 5)
    model.go.set()
    assert await asyncio.gather(*first, *rest) == [2, 4, 6, 8, 10]
    assert model.batches == [[1], [2, 3, 4], [5]]


async def test_what_is_cancelled_in_time_is_not_run(model: Model, inference: Inference[int, int]) -> None:
    first = await submitted(inference, 1)
    await asyncio.to_thread(model.began.wait)
    gone, stays = await submitted(inference, 2, 3)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    model.go.set()
    assert await asyncio.gather(*first, stays) == [2, 6]
    assert model.batches == [[1], [3]]


async def test_a_failed_pass_fails_its_items_only(model: Model, inference: Inference[int, int]) -> None:
    model.go.set()
    with pytest.raises(ValueError, match="13"):
        await inference.submit(13)
    assert await inference.submit(2) == 4


async def test_closing_ends_the_wait(model: Model) -> None:
    inference = Inference(model.run, max_batch=1, on_pass=lambda batch, seconds: None)
    inference.start()
    [running] = await submitted(inference, 1)
    await asyncio.to_thread(model.began.wait)
    [waiting] = await submitted(inference, 2)
    closing = asyncio.create_task(asyncio.to_thread(inference.close))
    model.go.set()
    await closing
    assert await running == 2
    # What was queued before the end of the queue is still run; what comes after it is not.
    assert await waiting == 4
    with pytest.raises(Closed):
        await inference.submit(3)
