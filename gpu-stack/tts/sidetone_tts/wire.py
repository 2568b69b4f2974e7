"""Audio as it goes over the wire: raw PCM, a WAV whose length nobody knows yet, or OpenAI's events."""

import base64
import json
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Self

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sidetone_common import logs
from sidetone_common.errors import ApiError

from .stream import Audio, pcm16

log = logs.get("wire")

MEDIA_TYPES = {"pcm": "audio/pcm", "wav": "audio/wav"}
# What players take as "until it ends"; RIFF has no other way to say so.
_UNKNOWN = 0xFFFF_FFFF


def wav_header(sample_rate: int) -> bytes:
    """RIFF header of 16-bit mono PCM of unknown length (Multimedia Programming Interface 1.0)."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, sample_rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", _UNKNOWN, b"WAVE") + form + struct.pack("<4sI", b"data", _UNKNOWN)


class SpeechResponse(StreamingResponse):
    """Sends a speech while it is made, and closes it when the client goes away.

    `speech` raises ApiError for what goes wrong midway: an event says so, and without events the connection
    breaks off, so that nobody takes half a reply for the whole.
    """

    @classmethod
    async def begin(
        cls, speech: AsyncGenerator[Audio, None], *, response_format: str, events: bool, sample_rate: int
    ) -> Self:
        """Waits for the first audio, so that what goes wrong before it still has a status of its own.

        response_format: a key of MEDIA_TYPES. events: whether it is sent as OpenAI's events. @raises ApiError
        """
        try:
            first = await anext(speech)
        except BaseException:
            await speech.aclose()
            raise
        return cls(first, speech, response_format, events, sample_rate)

    def __init__(
        self,
        first: Audio,
        speech: AsyncGenerator[Audio, None],
        response_format: str,
        events: bool,
        sample_rate: int,
    ) -> None:
        self._first = first
        self._speech = speech
        self._header = wav_header(sample_rate) if response_format == "wav" else b""
        super().__init__(
            self._events() if events else self._bytes(),
            media_type="text/event-stream" if events else MEDIA_TYPES[response_format],
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._speech):
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except ApiError as error:
            # Returning without the last chunk makes the server cut the connection.
            log.warning("speech.broken", code=error.code, reason=error.message)

    async def _bytes(self) -> AsyncIterator[bytes]:
        yield self._header + pcm16(self._first)
        async for audio in self._speech:
            yield pcm16(audio)

    async def _events(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._bytes():
                audio = base64.b64encode(piece).decode()
                yield _event({"type": "speech.audio.delta", "audio": audio})
        except ApiError as error:
            log.warning("speech.broken", code=error.code, reason=error.message)
            yield b"event: error\n" + _event(error.body())
            return
        # The official clients want the numbers; this model has no tokens to count.
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        yield _event({"type": "speech.audio.done", "usage": usage})


def _event(payload: object) -> bytes:
    return f"data: {json.dumps(payload)}\n\n".encode()
