"""The API key that the services ask of each other."""

import hmac

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from sidetone_common.errors import ApiError

FREE = frozenset({"/health", "/ready", "/metrics"})
# How OpenAI's realtime API takes the key from a browser, which cannot set headers on a WebSocket.
_SUBPROTOCOL = "openai-insecure-api-key."


def require_key(app: FastAPI, key: str | None) -> None:
    """Refuses requests and WebSockets without `Authorization: Bearer <key>`; None or "" lets everybody in.

    What probes and Prometheus ask (/health, /ready, /metrics) stays free.
    """
    if key:
        app.add_middleware(_RequireKey, key=key)


class _RequireKey:
    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in FREE or self._admits(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        response = ApiError(
            401, "invalid_api_key", "the API key is missing or wrong: send Authorization: Bearer <API_KEY>"
        ).response()
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(response)
        else:
            await response(scope, receive, send)

    def _admits(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        candidates = [given.strip()] if kind.lower() == "bearer" else []
        for offered in headers.get("sec-websocket-protocol", "").split(","):
            if offered.strip().startswith(_SUBPROTOCOL):
                candidates.append(offered.strip().removeprefix(_SUBPROTOCOL))
        return any(hmac.compare_digest(candidate.encode(), self._key) for candidate in candidates)
