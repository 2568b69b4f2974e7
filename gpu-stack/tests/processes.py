"""Services of the stack as processes of their own, as in the containers."""

import contextlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Importing PyTorch takes half a minute where eight others do the same.
START_S = 180


@dataclass(frozen=True)
class Running:
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until_ready(self, path: str) -> None:
        """Until `path` answers 200. @raises AssertionError with the end of the log"""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{self.url}{path}", timeout=5).close()
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.url}{path} was never ready: {self.log.read_text()[-3000:]}")


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path, env: Mapping[str, str]) -> Iterator[Running]:
    """The process, which is ended with SIGTERM and has to go by itself."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=dict(env))
        try:
            yield Running(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
