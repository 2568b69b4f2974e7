"""POST /v1/audio/transcriptions (https://platform.openai.com/docs/api-reference/audio/createTranscription)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import Field

from sidetone_common import logs
from sidetone_common.errors import ApiError
from sidetone_common.hang_up import nobody, unless_gone
from sidetone_stt import audio, formats
from sidetone_stt.formats import ResponseFormat
from sidetone_stt.service import Service
from sidetone_stt.transcript import RATE, Options, Segment

log = logs.get("stt")


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/audio/transcriptions")
    async def transcriptions(
        request: Request,
        file: Annotated[UploadFile, File()],
        model: Annotated[str, Form()],
        language: Annotated[str | None, Form()] = None,
        prompt: Annotated[str | None, Form()] = None,
        response_format: Annotated[ResponseFormat, Form()] = "json",
        temperature: Annotated[float | None, Form(), Field(ge=0, le=1)] = None,
        stream: Annotated[bool, Form()] = False,
        timestamp_granularities: Annotated[
            list[Literal["word", "segment"]], Form(alias="timestamp_granularities[]")
        ] = [],  # noqa: B006 # FastAPI copies it
    ) -> Response:
        service.check_ready()
        service.check_model(model)
        options = Options(
            language=service.language(language),
            prompt=prompt,
            timestamps=response_format in ("verbose_json", "srt", "vtt"),
            words=response_format == "verbose_json" and "word" in timestamp_granularities,
            # 0 is what clients send when they mean the default; so does OpenAI read it.
            temperature=temperature or None,
        )
        service.engine.check(options)
        data = await file.read()
        if not stream:
            whole = _whole(service, data, options, response_format)
            return await unless_gone(request, whole) or nobody()
        events = _events(service, data, options)
        # The first event is awaited here, so that what goes wrong before it has a status of its own.
        first = await unless_gone(request, anext(events))
        if first is None:
            return nobody()
        return StreamingResponse(_all(first, events), media_type="text/event-stream")

    return routes


async def _whole(service: Service, data: bytes, options: Options, kind: ResponseFormat) -> Response:
    with service.request():
        samples = await asyncio.to_thread(audio.decode, data, service.settings.max_audio_s)
        segments = [segment async for segment in service.transcribe(samples, options)]
    audio_s = len(samples) / RATE
    if kind == "json":
        return JSONResponse({"text": formats.whole_text(segments), "usage": formats.usage(audio_s)})
    if kind == "verbose_json":
        language = options.language or (segments[0].language if segments else "")
        return JSONResponse(formats.verbose(segments, audio_s, language, options.words))
    if kind == "text":
        return PlainTextResponse(formats.whole_text(segments) + "\n")
    return PlainTextResponse(formats.subtitles(segments, kind))


async def _events(service: Service, data: bytes, options: Options) -> AsyncGenerator[str, None]:
    segments: list[Segment] = []
    with service.request():
        samples = await asyncio.to_thread(audio.decode, data, service.settings.max_audio_s)
        try:
            async for segment in service.transcribe(samples, options):
                delta = segment.text if segments else segment.text.lstrip()
                segments.append(segment)
                yield formats.event({"type": "transcript.text.delta", "delta": delta})
        except Exception as error:
            if not segments:
                raise
            log.error("stt.failed", error=error)
            failed = ApiError(500, "internal_error", "the service failed; see event stt.failed in its log")
            yield formats.event({**failed.body()})
            return
    usage = formats.usage(len(samples) / RATE)
    yield formats.event(
        {"type": "transcript.text.done", "text": formats.whole_text(segments), "usage": usage}
    )


async def _all(first: str, rest: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    async with aclosing(rest):
        yield first
        async for event in rest:
            yield event
