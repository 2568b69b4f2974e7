"""Speech of a whole text while it is being made, clause by clause."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]

# Long enough to hide the seam, short enough not to blur a syllable.
FADE_S = 0.05
EDGE_S = 0.005


async def speech(
    clauses: Sequence[str], speak: Callable[[int, str], Awaitable[Audio]], *, sample_rate: int
) -> AsyncGenerator[Audio, None]:
    """The audio of the clauses joined, float32 mono at `sample_rate`, each piece as soon as it is known.

    `speak(index, clause)` makes one clause. While a clause is handed on, the next one is made, never more: a
    reply that is interrupted should not have cost much. Closing the generator cancels what is being made.
    """
    seams = Seams(int(FADE_S * sample_rate), int(EDGE_S * sample_rate))
    making: asyncio.Task[Audio] | None = None
    try:
        for index in range(len(clauses)):
            making = making or _begin(speak, index, clauses)
            audio = await making
            making = _begin(speak, index + 1, clauses) if index + 1 < len(clauses) else None
            ready = seams.join(audio)
            if len(ready):
                yield ready
        rest = seams.end()
        if len(rest):
            yield rest
    finally:
        if making:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)


def _begin(
    speak: Callable[[int, str], Awaitable[Audio]], index: int, clauses: Sequence[str]
) -> asyncio.Task[Audio]:
    async def one() -> Audio:
        return await speak(index, clauses[index])

    return asyncio.create_task(one())


class Seams:
    """Joins pieces of audio by cross-fades: the end of one sounds while the next begins.

    Nothing else is taken away: n pieces longer than two fades give the sum of their lengths less n - 1 fades.
    The very first and last samples fade from and to silence, as a step there would be heard as a click.
    """

    def __init__(self, fade: int, edge: int) -> None:
        self._fade = fade
        self._edge = edge
        self._tail: Audio | None = None

    def join(self, audio: Audio) -> Audio:
        """What can be played now that this piece is known; its end waits for the next piece, or for end()."""
        if self._tail is None:
            joined = audio.copy()
            ramp = np.linspace(0, 1, min(self._edge, len(joined)), dtype=np.float32)
            joined[: len(ramp)] *= ramp
        else:
            joined = self._cross_faded(self._tail, audio)
        keep = min(self._fade, len(joined))
        self._tail = joined[len(joined) - keep :]
        return joined[: len(joined) - keep]

    def end(self) -> Audio:
        """What waited."""
        tail = np.zeros(0, np.float32) if self._tail is None else self._tail.copy()
        ramp = np.linspace(1, 0, min(self._edge, len(tail)), dtype=np.float32)
        tail[len(tail) - len(ramp) :] *= ramp
        self._tail = None
        return tail

    def _cross_faded(self, before: Audio, after: Audio) -> Audio:
        overlap = min(self._fade, len(before), len(after))
        # Gains that add up to one: the two sides are as loud as their neighbourhood, and mostly quiet.
        rising = np.linspace(0, 1, overlap + 2, dtype=np.float32)[1:-1]
        start = len(before) - overlap
        mixed = before[start:] * (1 - rising) + after[:overlap] * rising
        return np.concatenate([before[:start], mixed, after[overlap:]])


def pcm16(audio: Audio) -> bytes:
    """Little-endian 16-bit samples; what is too loud is limited, not wrapped around."""
    return (np.clip(audio, -1, 1) * 32_767).round().astype("<i2").tobytes()
