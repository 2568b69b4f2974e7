import asyncio

import pytest

from sidetone_tts.once import Once, content_key


class Maker:
    def __init__(self) -> None:
        self.made: list[str] = []
        self.go = asyncio.Event()

    def __call__(self, key: str) -> "Made":
        return Made(self, key)


class Made:
    def __init__(self, maker: Maker, key: str) -> None:
        self.maker, self.key = maker, key

    async def __call__(self) -> str:
        self.maker.made.append(self.key)
        await self.maker.go.wait()
        return self.key.upper()


async def test_made_once_for_all_who_ask() -> None:
    once, maker = Once[str](4), Maker()
    waiting = [asyncio.create_task(once.get("a", maker("a"))) for _ in range(5)]
    await asyncio.sleep(0)
    maker.go.set()
    assert await asyncio.gather(*waiting) == ["A"] * 5
    assert await once.get("a", maker("a")) == "A"
    assert maker.made == ["a"]


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    once, maker = Once[str](4), Maker()
    first, second = (asyncio.create_task(once.get("a", maker("a"))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    maker.go.set()
    assert await second == "A"


async def test_a_failure_is_tried_again() -> None:
    once, maker = Once[str](4), Maker()
    maker.go.set()

    async def broken() -> str:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await once.get("a", broken)
    assert await once.get("a", maker("a")) == "A"


async def test_the_longest_unused_goes_first() -> None:
    once, maker = Once[str](2), Maker()
    maker.go.set()
    for key in ("a", "b", "a", "c", "a", "b"):
        await once.get(key, maker(key))
    assert maker.made == ["a", "b", "c", "b"]


async def test_closing_ends_what_is_being_made() -> None:
    once, maker = Once[str](2), Maker()
    waiting = asyncio.create_task(once.get("a", maker("a")))
    await asyncio.sleep(0)
    await once.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_key_tells_recording_and_text_apart() -> None:
    assert (
        len({content_key(b"ab"), content_key(b"a", "b"), content_key(b"a", "b", ""), content_key(b"", "ab")})
        == 4
    )
