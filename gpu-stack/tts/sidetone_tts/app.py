"""The speech service over HTTP."""

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, FastAPI, File, Form, Request, Response, UploadFile

from sidetone_common import auth, errors, metrics, telemetry, uploads
from sidetone_common.errors import ApiError
from sidetone_common.hang_up import nobody, unless_gone

from .model import F5Model
from .requests import NormalizeRequest, SpeechRequest, language_code
from .schedule import QUALITIES
from .service import Service
from .settings import Settings
from .speaker import Say
from .wire import MEDIA_TYPES, SpeechResponse


def create_app(settings: Settings, model: F5Model | None = None) -> FastAPI:
    """The application. A model that is not given is loaded at the start, which fails where that fails."""
    service = Service(settings, model)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.close()

    app = FastAPI(title="Sidetone speech", lifespan=running, docs_url=None, redoc_url=None)
    errors.install(app)
    # Base64 makes four bytes of three; the rest of a request is small.
    uploads.limit_bodies(app, int(settings.max_upload_mib * 2**20 * 4 / 3) + 65_536)
    auth.require_key(app, settings.api_key)
    metrics.install(app, service.metrics.registry)
    telemetry.install(app, "tts-server")
    app.include_router(_speech(settings, service))
    app.include_router(_voices(service))
    app.include_router(_state(settings, service))
    return app


def _speech(settings: Settings, service: Service) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/audio/speech")
    async def speech(body: SpeechRequest, request: Request) -> Response:
        arrived = time.monotonic()
        _check(body, settings)
        language = language_code(body.language, settings.language)
        quality = body.quality or settings.quality

        async def begin() -> SpeechResponse:
            speech = service.speaker.say(
                Say(
                    text=body.input,
                    language=language,
                    voice=lambda: service.casting.find(body.voice_name, body.ref_audio, body.ref_text),
                    steps=QUALITIES[quality] if isinstance(quality, str) else quality,
                    speed=body.speed,
                    seed=secrets.randbelow(2**31) if body.seed is None else body.seed,
                    arrived=arrived,
                )
            )
            return await SpeechResponse.begin(
                speech,
                response_format=body.response_format,
                events=body.stream_format == "sse",
                sample_rate=service.speaker.sample_rate,
            )

        return await unless_gone(request, begin()) or nobody()

    @router.post("/debug/normalize")
    async def normalize(body: NormalizeRequest) -> dict[str, object]:
        if len(body.input) > settings.max_characters:
            raise _too_long(settings)
        language = language_code(body.language, settings.language)
        normalized = await service.normalized(body.input, language)
        return {"text": normalized.text, "steps": [asdict(step) for step in normalized.steps]}

    return router


def _voices(service: Service) -> APIRouter:
    router = APIRouter(prefix="/v1/audio/voices")

    @router.get("")
    async def voices() -> dict[str, object]:
        added = service.casting.added()
        return {
            "voices": service.casting.names(),
            "uploaded_voices": [asdict(voice) for voice in added],
        }

    @router.post("")
    async def add(
        audio_sample: Annotated[UploadFile, File()],
        name: Annotated[str, Form()],
        consent: Annotated[str, Form()],
        ref_text: Annotated[str | None, Form()] = None,
    ) -> dict[str, object]:
        if not consent.strip():
            raise ApiError(
                400,
                "consent_missing",
                "consent is empty: say who allowed this voice to be cloned, and where that is written down",
                param="consent",
            )
        voice = await service.casting.add(name, await audio_sample.read(), ref_text, consent.strip())
        return {"success": True, "voice": asdict(voice)}

    @router.delete("/{name}")
    async def remove(name: str) -> dict[str, object]:
        service.casting.remove(name)
        return {"success": True, "message": f"voice {name} is deleted"}

    return router


def _state(settings: Settings, service: Service) -> APIRouter:
    router = APIRouter()
    described = {
        "id": settings.model,
        "object": "model",
        "created": int(time.time()),
        "owned_by": settings.repo,
    }

    @router.get("/v1/models")
    async def models() -> dict[str, object]:
        return {"object": "list", "data": [described]}

    @router.get("/v1/models/{name:path}")
    async def one_model(name: str) -> dict[str, object]:
        _check_model(name, settings)
        return described

    @router.get("/health")
    async def health() -> dict[str, str]:
        if not service.alive:
            raise ApiError(503, "dead", "the model speaks no more; the log says why. Start the service anew")
        return {"status": "alive"}

    @router.get("/ready")
    async def ready() -> dict[str, str]:
        await health()
        if service.not_ready is not None:
            raise ApiError(503, "not_ready", service.not_ready, retry_after_s=2)
        return {"status": "ready"}

    return router


def _check(body: SpeechRequest, settings: Settings) -> None:
    _check_model(body.model, settings)
    if len(body.input) > settings.max_characters:
        raise _too_long(settings)
    if body.response_format not in MEDIA_TYPES:
        formats = " and ".join(MEDIA_TYPES)
        said = f"response_format {body.response_format}: {formats} can be streamed"
        raise ApiError(400, "invalid_value", said, param="response_format")


def _check_model(name: str, settings: Settings) -> None:
    if name != settings.model:
        raise ApiError(
            404, "model_not_found", f"model {name}: {settings.model} is served here", param="model"
        )


def _too_long(settings: Settings) -> ApiError:
    return ApiError(
        400, "invalid_value", f"input is longer than {settings.max_characters} characters", param="input"
    )
