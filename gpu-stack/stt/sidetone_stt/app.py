"""The service as an ASGI application; Ray Serve mounts it, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sidetone_common import auth, errors, metrics, telemetry, uploads
from sidetone_stt import realtime, transcriptions
from sidetone_stt.engine import Engine
from sidetone_stt.metrics import Metrics
from sidetone_stt.service import Service
from sidetone_stt.settings import Settings


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """engine: loaded when the application starts; by default the one that the settings name."""
    measured = Metrics()
    service = Service(settings, engine or _engine(settings, measured), measured)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.load())
        yield
        loading.cancel()
        await asyncio.to_thread(service.close)

    app = FastAPI(title="Sidetone STT", lifespan=lifespan)
    errors.install(app)
    uploads.limit_bodies(app, settings.max_upload_mb * 2**20)
    auth.require_key(app, settings.api_key)
    metrics.install(app, measured.registry)
    telemetry.install(app, "stt-server")
    app.include_router(transcriptions.router(service))
    app.include_router(realtime.router(service))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        service.check_ready()
        return {"status": "ready", "model": service.engine.name}

    @app.get("/v1/models")
    async def models() -> dict[str, object]:
        return {"object": "list", "data": [_model(service)]}

    @app.get("/v1/models/{name:path}")
    async def model(name: str) -> dict[str, object]:
        service.check_model(name)
        return _model(service)

    return app


def _model(service: Service) -> dict[str, object]:
    return {"id": service.engine.name, "object": "model", "created": 0, "owned_by": "sidetone"}


def _engine(settings: Settings, measured: Metrics) -> Engine:
    # Imported here: each of them takes a while, and only one is needed.
    if settings.engine == "t-one":
        from sidetone_stt.t_one import TOneEngine

        return TOneEngine(settings, on_pass=measured.on_pass)
    from sidetone_stt.whisper import WhisperEngine

    return WhisperEngine(settings, on_pass=measured.on_pass, on_dropped=measured.on_dropped)
