"""Ports for programs that cannot choose one themselves."""

import contextlib
import random
import socket


def free_port() -> int:
    """Free a moment ago, and below those that the system gives to whoever asks for any."""
    while True:
        port = random.randrange(22_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
