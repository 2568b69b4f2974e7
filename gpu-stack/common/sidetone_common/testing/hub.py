"""A hub as small as huggingface.co's protocol allows, for downloads over real HTTP."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """files: content by "repo/resolve/revision/file". token: what it accepts; None accepts everybody."""

    files: dict[str, bytes]
    token: str | None = None
    # How many bytes of the next answer are sent before the connection breaks.
    break_after: int | None = None
    # What it takes for the time of day; None: the right one.
    date: str | None = None
    url: str = ""
    # Where files are stored instead: URL by the key of `files`.
    stores: dict[str, str] = field(default_factory=dict)
    ranges: list[str | None] = field(default_factory=list)
    # Whether each download came with a token.
    tokens: list[bool] = field(default_factory=list)


@contextmanager
def hub(state: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return state.date or super().date_time_string(timestamp)

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, *, with_body: bool) -> None:
            if state.token and self.headers.get("Authorization") != f"Bearer {state.token}":
                return self._refuse(401, "GatedRepo")
            path = self.path.partition("?")[0].strip("/")
            content = state.files.get(path)
            if content is None:
                return self._refuse(404, "EntryNotFound" if "/resolve/main/" in path else "RevisionNotFound")
            if path in state.stores:
                self.send_response(302)
                self.send_header("Location", state.stores[path])
                self.send_header("X-Linked-Size", str(len(content)))
                self.send_header("X-Linked-ETag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            wanted = self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "c" * 40)
            self.end_headers()
            if with_body:
                state.ranges.append(wanted)
                state.tokens.append("Authorization" in self.headers)
                end = start + state.break_after if state.break_after else len(content)
                self.wfile.write(content[start:end])
                if state.break_after:
                    self.close_connection = True
                    state.break_after = None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
