"""Things that are made once for a content."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

R = TypeVar("R")


class Once(Generic[R]):
    """Remembers what was made for a key, and makes it once however many ask at the same time.

    size: how many results are kept; those unused for longest go first. A failure is not remembered.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._made: OrderedDict[str, asyncio.Task[R]] = OrderedDict()

    async def get(self, key: str, make: Callable[[], Awaitable[R]]) -> R:
        """What `make` gave for this key, or gives now; also raises what it raises."""
        task = self._made.get(key)
        if task is None:
            task = asyncio.ensure_future(_made_by(make))
            self._made[key] = task
            task.add_done_callback(lambda done: self._forget_failure(key, done))
        self._made.move_to_end(key)
        while len(self._made) > self._size:
            self._made.popitem(last=False)
        # Shielded: one of several who wait may go away.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Cancels what is being made."""
        tasks = list(self._made.values())
        self._made.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget_failure(self, key: str, task: asyncio.Task[R]) -> None:
        if (task.cancelled() or task.exception()) and self._made.get(key) is task:
            del self._made[key]


async def _made_by(make: Callable[[], Awaitable[R]]) -> R:
    return await make()


def content_key(data: bytes, *texts: str) -> str:
    """SHA-256 of a recording and the texts that go with it."""
    digest = hashlib.sha256(data)
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()
