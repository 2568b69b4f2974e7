"""Runs an application the way every service of the stack runs: own logs, an orderly stop."""

import uvicorn
from fastapi import FastAPI


def run(app: FastAPI, *, host: str, port: int, grace_s: int) -> None:
    """Serves until SIGTERM or SIGINT; requests in progress then get `grace_s` seconds."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=grace_s,
        server_header=False,
    )
