import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from sidetone_tts.stream import Audio, Seams, pcm16, speech

RATE = 24_000
FADE = 1200
EDGE = 120


def ones(count: int) -> Audio:
    return np.ones(count, np.float32)


def joined(pieces: list[Audio]) -> Audio:
    seams = Seams(FADE, EDGE)
    return np.concatenate([*(seams.join(piece) for piece in pieces), seams.end()])


def test_nothing_is_cut_but_the_overlaps() -> None:
    out = joined([ones(24_000), ones(5000), ones(30_000)])
    assert len(out) == 24_000 + 5000 + 30_000 - 2 * FADE
    # Between the soft edges constant pieces stay constant: no sample is missing, doubled or attenuated.
    assert np.allclose(out[EDGE:-EDGE], 1, atol=1e-6)


def test_no_click_at_a_seam() -> None:
    t = np.arange(RATE) / RATE
    low, high = (np.sin(2 * np.pi * f * t + p).astype(np.float32) for f, p in ((200, 1.0), (330, -1.0)))
    out = joined([low, high, low])
    steepest = max(float(np.abs(np.diff(piece)).max()) for piece in (low, high))
    assert float(np.abs(np.diff(out)).max()) < 1.5 * steepest
    assert np.abs(np.diff(np.concatenate([low, high]))).max() > 5 * steepest


def test_silence_at_both_ends() -> None:
    out = joined([ones(RATE)])
    assert len(out) == RATE
    assert out[0] == 0
    assert out[-1] == 0


@pytest.mark.parametrize("lengths", [[10], [10, 10], [0, 30_000], [30_000, 10, 30_000], [0, 0]])
def test_pieces_shorter_than_a_fade(lengths: list[int]) -> None:
    out = joined([ones(length) for length in lengths])
    assert sum(lengths) - FADE * len(lengths) <= len(out) <= sum(lengths)
    assert float(np.abs(out).max(initial=0)) <= 1.0001


def test_joining_leaves_the_input_alone() -> None:
    piece = ones(RATE)
    joined([piece, piece])
    assert (piece == 1).all()


async def test_the_first_clause_is_heard_before_the_second_is_made() -> None:
    second = asyncio.Event()

    async def speak(index: int, _: str) -> Audio:
        if index == 1:
            await second.wait()
        return ones(RATE)

    async with aclosing(speech(["один, ", "два"], speak, sample_rate=RATE)) as pieces:
        assert len(await anext(pieces)) == RATE - FADE
        second.set()
        rest = [piece async for piece in pieces]
    assert sum(map(len, rest)) == RATE


async def test_only_one_clause_is_made_ahead() -> None:
    begun: list[int] = []

    async def speak(index: int, _: str) -> Audio:
        begun.append(index)
        return ones(RATE)

    async with aclosing(speech(["а", "б", "в", "г"], speak, sample_rate=RATE)) as pieces:
        await anext(pieces)
        for _ in range(10):
            await asyncio.sleep(0)
        assert begun == [0, 1]


async def test_closing_cancels_what_is_being_made() -> None:
    cancelled: list[int] = []

    async def speak(index: int, _: str) -> Audio:
        if index == 0:
            return ones(RATE)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(index)
            raise
        raise AssertionError

    async with aclosing(speech(["а", "б", "в"], speak, sample_rate=RATE)) as pieces:
        await anext(pieces)
        await asyncio.sleep(0)
    assert cancelled == [1]


async def test_cancelling_the_first_clause_reaches_it() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def speak(index: int, _: str) -> Audio:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    async def listen() -> None:
        async with aclosing(speech(["а"], speak, sample_rate=RATE)) as pieces:
            await anext(pieces)

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


async def test_a_clause_that_fails_ends_the_speech_with_its_error() -> None:
    async def speak(index: int, _: str) -> Audio:
        if index == 1:
            raise RuntimeError("out of memory")
        return ones(RATE)

    async with aclosing(speech(["а", "б", "в"], speak, sample_rate=RATE)) as pieces:
        await anext(pieces)
        with pytest.raises(RuntimeError, match="out of memory"):
            await anext(pieces)


def test_samples_too_loud_are_limited() -> None:
    samples = np.frombuffer(pcm16(np.array([0, 0.5, 1, 1.7, -1.7], np.float32)), "<i2")
    assert samples.tolist() == [0, 16_384, 32_767, 32_767, -32_767]
