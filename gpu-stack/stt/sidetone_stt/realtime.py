"""WebSocket /v1/realtime: live transcription, the part of OpenAI's realtime API that needs no LLM.

Events: https://platform.openai.com/docs/guides/realtime-transcription
"""

import asyncio
import base64
import binascii
import time
from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from sidetone_common import logs
from sidetone_common.errors import ApiError
from sidetone_stt import audio
from sidetone_stt.audio import Resampler
from sidetone_stt.engine import Listener
from sidetone_stt.realtime_events import (
    EVENTS,
    Append,
    Clear,
    Commit,
    Input,
    InputUpdate,
    Pcm,
    Transcription,
    Update,
)
from sidetone_stt.service import Service
from sidetone_stt.transcript import RATE, Audio, Options
from sidetone_stt.turns import Started, Stopped, TurnDetector

log = logs.get("realtime")

_MAX_APPEND_BYTES = 2**20


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/realtime")
    async def realtime(socket: WebSocket, model: str | None = None) -> None:
        try:
            service.check_ready()
            if model is not None:
                service.check_model(model)
            with service.session():
                offered: list[str] = socket.scope["subprotocols"]
                await socket.accept(subprotocol="realtime" if "realtime" in offered else None)
                await Session(service, socket).run()
        except ApiError as error:
            await socket.send_denial_response(error.response())

    return routes


@dataclass
class _Turn:
    item: str
    listener: Listener
    samples: int = 0


class Session:
    """One connection. Turns are finished one after the other, in the background, so that audio is read on."""

    def __init__(self, service: Service, socket: WebSocket) -> None:
        self._service = service
        self._socket = socket
        self._id = _new_id("sess")
        self._input = Input()
        self._resampler = Resampler(Pcm().rate)
        self._turns = self._detector()
        self._turn: _Turn | None = None
        self._last_item: str | None = None
        self._over: asyncio.Queue[_Turn] = asyncio.Queue()

    async def run(self) -> None:
        """Until the client goes away."""
        await self._send("session.created", session=self._described())
        finishing = asyncio.create_task(self._finish_turns())
        try:
            while True:
                await self._receive()
        except WebSocketDisconnect:
            log.info("realtime.closed", session=self._id)
        finally:
            finishing.cancel()
            await asyncio.gather(finishing, return_exceptions=True)

    async def _receive(self) -> None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        event_id = None
        try:
            event = EVENTS.validate_json(message.get("text") or message.get("bytes") or "")
            event_id = event.event_id
            await self._handle(event)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            refused = ApiError(400, "invalid_event", f"{where}: {first['msg']}", param=where)
            await self._send_error(refused, event_id)
        except ApiError as refused:
            await self._send_error(refused, event_id)

    async def _handle(self, event: Update | Append | Commit | Clear) -> None:
        match event:
            case Update():
                self._update(event.session.audio.input)
                await self._send("session.updated", session=self._described())
            case Append():
                await self._append(self._samples(event.audio))
            case Commit():
                if self._turn is None or self._turn.samples == 0:
                    raise ApiError(400, "input_audio_buffer_commit_empty", "there is no audio to commit")
                await self._commit(self._turn)
            case Clear():
                self._turn = None
                self._turns = self._detector()
                await self._send("input_audio_buffer.cleared")

    def _update(self, update: InputUpdate) -> None:
        given = {name: getattr(update, name) for name in update.model_fields_set}
        changed = self._input.model_copy(update=given)
        if changed.transcription is None:
            changed = changed.model_copy(update={"transcription": Transcription()})
        if changed.transcription.model is not None:
            self._service.check_model(changed.transcription.model)
        self._service.engine.check(self._options(changed))
        self._input = changed
        if "format" in given:
            self._resampler = Resampler(changed.format.rate if isinstance(changed.format, Pcm) else 8000)
        if "turn_detection" in given:
            self._turns = self._detector()

    def _detector(self) -> TurnDetector | None:
        vad = self._input.turn_detection
        if vad is None:
            return None
        return TurnDetector(vad.threshold, vad.silence_duration_ms, vad.prefix_padding_ms)

    def _samples(self, encoded: str) -> Audio:
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ApiError(400, "invalid_audio", f"audio: no base64 ({error})", param="audio") from error
        if len(data) > _MAX_APPEND_BYTES:
            raise ApiError(400, "invalid_audio", "audio: more than 1 MiB; send it in pieces", param="audio")
        match self._input.format.type:
            case "audio/pcm":
                samples = audio.from_pcm16(data)
            case "audio/pcmu":
                samples = audio.from_ulaw(data)
            case "audio/pcma":
                samples = audio.from_alaw(data)
        return self._resampler.push(samples)

    async def _append(self, samples: Audio) -> None:
        if self._turns is None:
            await self._feed(self._turn or self._begin(), samples)
            return
        # On another thread: a third of a millisecond for each frame of each call would hold everybody up.
        for found in await asyncio.to_thread(list, self._turns.push(samples)):
            match found:
                case Started(at_ms, heard):
                    turn = self._begin()
                    await self._send(
                        "input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=turn.item
                    )
                    await self._feed(turn, heard)
                case Stopped(at_ms):
                    if self._turn is not None:
                        await self._send(
                            "input_audio_buffer.speech_stopped",
                            audio_end_ms=at_ms,
                            item_id=self._turn.item,
                        )
                        await self._commit(self._turn)
                case heard:
                    await self._feed(self._turn or self._begin(), heard)

    def _begin(self) -> _Turn:
        self._turn = _Turn(_new_id("item"), self._service.engine.listen(self._options(self._input)))
        return self._turn

    def _options(self, settings: Input) -> Options:
        wanted = settings.transcription
        return Options(language=self._service.language(wanted.language), prompt=wanted.prompt)

    async def _feed(self, turn: _Turn, samples: Audio) -> None:
        turn.samples += len(samples)
        certain = await turn.listener.feed(samples)
        if certain:
            await self._send_transcript("delta", turn.item, delta=certain)
        if turn.samples > self._service.settings.max_turn_s * RATE:
            await self._commit(turn)

    async def _commit(self, turn: _Turn) -> None:
        self._turn = None
        await self._send("input_audio_buffer.committed", item_id=turn.item, previous_item_id=self._last_item)
        self._last_item = turn.item
        self._over.put_nowait(turn)

    async def _finish_turns(self) -> None:
        while True:
            turn = await self._over.get()
            started = time.perf_counter()
            try:
                with self._service.request():
                    text = await turn.listener.finish()
            except Exception as error:
                log.error("realtime.failed", session=self._id, error=error)
                reason = (
                    error if isinstance(error, ApiError) else ApiError(500, "internal_error", "see the log")
                )
                await self._send_transcript("failed", turn.item, **reason.body())
                continue
            seconds = turn.samples / RATE
            took_s = time.perf_counter() - started
            self._service.metrics.on_transcribed(seconds, took_s)
            said = logs.Text(text)
            log.info("realtime.turn", session=self._id, audio_s=seconds, took_s=took_s, text=said)
            usage = {"type": "duration", "seconds": seconds}
            await self._send_transcript("completed", turn.item, transcript=text, usage=usage)

    def _described(self) -> dict[str, object]:
        transcription = self._input.transcription.model_copy(update={"model": self._service.engine.name})
        described = self._input.model_copy(update={"transcription": transcription})
        return {
            "id": self._id,
            "object": "realtime.transcription_session",
            "type": "transcription",
            "audio": {"input": described.model_dump()},
        }

    async def _send_transcript(self, kind: str, item: str, **fields: object) -> None:
        name = f"conversation.item.input_audio_transcription.{kind}"
        await self._send(name, item_id=item, content_index=0, **fields)

    async def _send_error(self, error: ApiError, event_id: str | None) -> None:
        await self._send("error", error={**error.body()["error"], "event_id": event_id})

    async def _send(self, kind: str, **fields: object) -> None:
        await self._socket.send_json({"type": kind, "event_id": _new_id("event"), **fields})


def _new_id(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:20]}"
