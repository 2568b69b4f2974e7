"""Prometheus: the endpoint, and what is counted for every request."""

import time

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Seconds. Dense where a caller notices the difference.
LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)


def install(app: FastAPI, registry: CollectorRegistry) -> None:
    """Adds GET /metrics with everything in `registry`, and counts requests and their time to the first byte.

    A registry of one's own, never the global one: an application can then be made twice in a process.
    """
    app.add_middleware(
        _Measured,
        requests=Counter("http_requests", "Requests", ["route", "status"], registry=registry),
        first_byte=Histogram(
            "http_first_byte_seconds",
            "Time until an answer began",
            ["route"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        ),
    )

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Measured:
    def __init__(self, app: ASGIApp, requests: Counter, first_byte: Histogram) -> None:
        self._app = app
        self._requests = requests
        self._first_byte = first_byte

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The template, not the path: otherwise anybody could fill the memory with labels.
                route = getattr(scope.get("route"), "path", "other")
                self._requests.labels(route, str(message["status"])).inc()
                self._first_byte.labels(route).observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, measured)
