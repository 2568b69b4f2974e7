"""What the service needs of whatever does the listening."""

from collections.abc import AsyncIterator
from typing import Protocol

from sidetone_stt.transcript import Audio, Options, Segment


class Listener(Protocol):
    """One turn of somebody who is still speaking."""

    async def feed(self, audio: Audio) -> str:
        """What became certain with these samples, to be appended to what was; "" while nothing did."""

    async def finish(self) -> str:
        """The whole turn, once it is over."""


class Engine(Protocol):
    """A model on its own thread. Before `load` has returned, nothing else may be called."""

    @property
    def name(self) -> str:
        """What /v1/models lists and requests name."""

    def load(self) -> None:
        """Downloads what is missing, loads it and runs it once; may take minutes. @raises ModelError"""

    def close(self) -> None:
        """Waits for the pass in progress."""

    def check(self, options: Options) -> None:
        """@raises ApiError: the engine cannot do that, such as an unknown language"""

    def transcribe(self, audio: Audio, options: Options) -> AsyncIterator[Segment]:
        """The segments in order, each as soon as it is known; none where nobody speaks."""

    def listen(self, options: Options) -> Listener:
        """A new turn."""
