"""What makes a Ray Serve deployment of an application that otherwise runs alone in a container.

Serve brings replicas, routing by load, restarts and autoscaling. It does not batch: the service's own thread
puts clauses into one forward pass, step by step. `@serve.batch` on top would gather whole requests, all of
which would wait for the longest. Serve only has to let several requests in at once (max_ongoing_requests).
"""

import asyncio
from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ray import serve
from sidetone_ray import probe

_LOOK_EVERY_S = 0.2


class NotReady(Exception):
    """What the application answered when it was asked whether it is ready."""


class _Replica:
    """One copy of the application, with its own model."""

    # Set by serve.ingress.
    app: ASGIApp
    _was_ready = False

    async def check_health(self) -> None:
        """A new replica gets no requests before this has returned once; one that fails it later is replaced.

        So the first time it waits until the model is loaded and warm.
        @raises NotReady
        """
        ready = await probe.ask(self.app, "/ready")
        # The applications tell apart by Retry-After what comes in time and what never will.
        while not self._was_ready and "retry-after" in ready.headers:
            await asyncio.sleep(_LOOK_EVERY_S)
            ready = await probe.ask(self.app, "/ready")
        for answer in (ready, await probe.ask(self.app, "/health")):
            if not answer.ok:
                raise NotReady(answer.text)
        self._was_ready = True


class _Mounted:
    """The application as it is on a port of its own; its answers name the replica they come from."""

    def __init__(self, app: ASGIApp, replica: str) -> None:
        self._app = app
        self._replica = replica.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-replica", self._replica)]
            await send(message)

        if root := scope.get("root_path"):
            # Otherwise /tts/ready would need the API key, for only /ready is free.
            scope = {**scope, "root_path": "", "path": scope["path"].removeprefix(root)}
        await self._app(scope, receive, named)


def deployment(name: str, create: Callable[[], FastAPI]) -> serve.Deployment:
    """`create` is called in each replica, in the environment that serve.yaml gives it."""

    def mounted() -> ASGIApp:
        return _Mounted(create(), serve.get_replica_context().replica_id.unique_id)

    return serve.deployment(name=name)(serve.ingress(mounted)(_Replica))
