"""A limit on the size of request bodies that holds before anything is parsed or kept."""

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sidetone_common.errors import ApiError


def limit_bodies(app: FastAPI, max_bytes: int) -> None:
    """Refuses larger bodies with 413, whether they announce their length or not."""
    app.add_middleware(_LimitBodies, max_bytes=max_bytes)


class _LimitBodies:
    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._reason = f"the request is larger than {max_bytes / 2**20:.3g} MiB"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._max_bytes:
            await ApiError(413, "content_too_large", self._reason).response()(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_bytes:
                # Not an ApiError: FastAPI turns everything else that ends the reading of a form into a 400.
                raise HTTPException(413, self._reason)
            return message

        await self._app(scope, counted, send)
