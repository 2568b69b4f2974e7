"""What `python -m sidetone_... doctor` looks at: each check says what it found and what to do about it."""

import email.utils
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sidetone_common.models import ModelFile

_TIMEOUT_S = 10
_MAX_CLOCK_ERROR_S = 60


@dataclass(frozen=True)
class Check:
    """ok: None where it could not be found out. fix: what to do; "" when there is nothing to do."""

    name: str
    ok: bool | None
    found: str
    fix: str = ""


def report(checks: Iterable[Check], out: TextIO = sys.stdout) -> int:
    """Prints each check as it comes. Exit status: 1 when one of them failed."""
    failed = False
    for check in checks:
        mark = {True: "ok  ", False: "FAIL", None: "?   "}[check.ok]
        print(f"{mark} {check.name}: {check.found}", file=out)
        if check.fix:
            print(f"     -> {check.fix}", file=out)
        failed = failed or check.ok is False
    return 1 if failed else 0


def port_free(host: str, port: int, variable: str) -> Check:
    name = f"port {port}"
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        return Check(
            name,
            False,
            f"cannot be listened on at {host}: {error.strerror}",
            f"stop what uses it (ss -ltnp 'sport = :{port}'), or set {variable}; if that is this very "
            "service, all is well",
        )
    return Check(name, True, "free")


def model_cached(model: ModelFile, folder: Path) -> Check:
    if model.cached(folder):
        return Check(f"model {model}", True, f"cached and verified in {folder}")
    return Check(
        f"model {model}",
        None,
        f"not cached in {folder}",
        "the first start downloads it; without network, put it there by hand",
    )


def disk(folder: Path, needed_bytes: int) -> Check:
    """Whether the file system of `folder`, which need not exist yet, has room."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 2**30:.1f} GiB free for {folder}, {needed_bytes / 2**30:.1f} GiB needed"
    if free < needed_bytes:
        return Check("disk", False, found, "free some space, or mount a larger volume there")
    return Check("disk", True, found)


def hub(token: str | None, endpoint: str) -> list[Check]:
    """Whether the hub can be reached, takes the token, and agrees about the time of day."""
    request = urllib.request.Request(f"{endpoint}/api/{'whoami-v2' if token else 'models?limit=1'}")
    if token:
        # Not copied to where a redirect leads.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    asked = time.time()
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            status, date = response.status, response.headers.get("Date")
    except urllib.error.HTTPError as error:
        status, date = error.code, error.headers.get("Date")
    except OSError as error:
        return [
            Check(
                "hub",
                None,
                f"{endpoint} cannot be reached ({error})",
                "needed only for models that are not cached; check the network, the proxy and HF_ENDPOINT",
            )
        ]
    return [_token(status, token, endpoint), *_clock(date, asked)]


def _token(status: int, token: str | None, endpoint: str) -> Check:
    if token is None:
        return Check("HF_TOKEN", True, f"not set; {endpoint} answered {status}. Only gated models need it")
    if status in (401, 403):
        return Check(
            "HF_TOKEN",
            False,
            f"rejected by {endpoint}",
            f"make a new one at {endpoint}/settings/tokens (read)",
        )
    return Check("HF_TOKEN", status < 400 or None, f"{endpoint} answered {status}")


def _clock(date: str | None, asked: float) -> list[Check]:
    if date is None:
        return []
    off = asked - email.utils.parsedate_to_datetime(date).timestamp()
    if abs(off) > _MAX_CLOCK_ERROR_S:
        direction = "ahead" if off > 0 else "behind"
        return [
            Check(
                "clock",
                False,
                f"{abs(off):.0f} s {direction} of the hub's",
                "set it (timedatectl set-ntp true on the host): certificates and tokens fail otherwise",
            )
        ]
    return [Check("clock", True, f"within {_MAX_CLOCK_ERROR_S} s of the hub's")]


def gpu(needed_bytes: int) -> Check:
    """Whether the first GPU that this process sees has that much memory free."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check(
            "GPU",
            None,
            "nvidia-smi is not here, so the models would run on the CPU",
            "install the NVIDIA Container Toolkit on the host; give the container a GPU as compose.yaml does",
        )
    query = [tool, "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        return Check("GPU", False, said[0] if said else "nvidia-smi failed", "check the driver on the host")
    name, free, total = (part.strip() for part in answer.stdout.splitlines()[0].rsplit(",", 2))
    free_gib, total_gib = int(free) / 1024, int(total) / 1024
    found = f"{name}: {free_gib:.1f} of {total_gib:.1f} GiB free, {needed_bytes / 2**30:.1f} GiB needed"
    if int(free) * 2**20 < needed_bytes:
        return Check(
            "GPU",
            False,
            found,
            "give the LLM less (LLM_GPU_MEMORY_UTILIZATION), or take a smaller model; the preflight of "
            "llm-server shows the whole sum",
        )
    return Check("GPU", True, found)
