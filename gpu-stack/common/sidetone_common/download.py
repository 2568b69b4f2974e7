"""One file from the Hugging Face hub, continued where an earlier attempt broke off.

The hub's own client waits 20 s before it admits that there is no network, forgets up to 10 MB of a broken
download, and lets two processes fetch the same file in turn; hence the protocol here. It is small:
HEAD on `/{repo}/resolve/{revision}/{file}` tells size and hash, and may point to a store elsewhere
(https://huggingface.co/docs/hub/models-downloading).
"""

import re
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import quote, urljoin, urlsplit

from sidetone_common import logs

_TIMEOUT_S = 30
_ATTEMPTS = 5
_MAX_HOPS = 5

log = logs.get("download")


class Refused(Exception):
    """The hub's answer. code: its own word for the reason (X-Error-Code), "" where it gave none."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Remote:
    """Where a file is, its size in bytes, and its SHA-256 in hex, which the hub tells of large files."""

    url: str
    size: int | None
    sha256: str | None
    # The hub's name for this very content.
    etag: str
    token: str | None


def look_up(endpoint: str, repo: str, revision: str, file: str, token: str | None) -> Remote:
    """@raises Refused, OSError (no network)"""
    url = f"{endpoint}/{repo}/resolve/{quote(revision, safe='')}/{quote(file)}"
    for _ in range(_MAX_HOPS):
        status, headers = _head(url, token)
        if status >= 400:
            raise Refused(status, headers.get("X-Error-Code", ""))
        target = urljoin(url, headers.get("Location", url))
        elsewhere = urlsplit(target).netloc != urlsplit(endpoint).netloc
        if elsewhere or status < 300:
            size = headers.get("X-Linked-Size") or (None if elsewhere else headers.get("Content-Length"))
            etag = (headers.get("X-Linked-ETag") or headers.get("ETag") or "").strip('W/"')
            sha256 = etag if re.fullmatch(r"[0-9a-f]{64}", etag) else None
            # The token is the hub's business, not the store's.
            return Remote(target, int(size) if size else None, sha256, etag, None if elsewhere else token)
        url = target
    raise Refused(status, "too many redirects")


def fetch(remote: Remote, part: Path) -> None:
    """Writes the whole file to `part`, or what is missing of it.

    @raises Refused, OSError (no network, disk full, or broken off again and again)
    """
    for attempt in range(_ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if remote.size is not None and have == remote.size:
            return
        try:
            if _append(remote, part, have):
                return
        except HTTPException as error:
            log.warning("download.broken", url=_plain(remote.url), attempt=attempt + 1, error=error)
    raise ConnectionError(f"the download broke off {_ATTEMPTS} times; the next start continues it")


def _append(remote: Remote, part: Path, have: int) -> bool:
    """Whether the file is whole now."""
    request = _request(remote.url, remote.token)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            continued = response.status == 206
            with part.open("ab" if continued else "wb") as file:
                shutil.copyfileobj(response, file, 1 << 20)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise Refused(error.code, error.headers.get("X-Error-Code", "")) from error
        # What lies there is no beginning of this file.
        part.unlink()
        return False
    return remote.size is None or part.stat().st_size == remote.size


def _head(url: str, token: str | None) -> tuple[int, Message]:
    request = _request(url, token)
    request.method = "HEAD"
    try:
        response: HTTPResponse
        with _WITHOUT_REDIRECTS.open(request, timeout=_TIMEOUT_S) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def _request(url: str, token: str | None) -> urllib.request.Request:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "sidetone"})
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _plain(url: str) -> str:
    """Without the query, which holds the signature of a store."""
    return url.partition("?")[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


_WITHOUT_REDIRECTS = urllib.request.build_opener(_Stay)
