"""The card's memory, as NVIDIA's driver reports it."""

import shutil
import subprocess
from dataclasses import dataclass

_QUERY = [
    "nvidia-smi",
    "--query-gpu=name,memory.total,memory.reserved,memory.used",
    "--format=csv,noheader,nounits",
]


class NoCard(Exception):
    """One sentence: why the card's memory is not known, and what to do."""


@dataclass(frozen=True)
class Card:
    name: str
    gib: float  # what CUDA can give to programs
    used_gib: float  # what programs have already


def from_nvidia_smi() -> Card:
    """The first card that this container sees. @raises NoCard"""
    if shutil.which(_QUERY[0]) is None:
        raise NoCard(
            "there is no nvidia-smi here: the NVIDIA Container Toolkit is not installed, or the container "
            "has no GPU. Install the toolkit, or set GPU_MEMORY_GIB to the card's memory"
        )
    done = subprocess.run(_QUERY, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise NoCard(f"nvidia-smi failed: {said[-1] if said else done.returncode}")
    return parse(done.stdout)


def parse(report: str) -> Card:
    """Reads nvidia-smi's CSV in MiB; what the driver reserves is no program's to use. @raises NoCard"""
    lines = report.strip().splitlines()
    try:
        name, total, reserved, used = (part.strip() for part in lines[0].rsplit(",", 3))
        return Card(name, (_mib(total) - _mib(reserved)) / 1024, _mib(used) / 1024)
    except (IndexError, ValueError):
        raise NoCard(f"nvidia-smi said {report.strip()!r}; set GPU_MEMORY_GIB to the card's memory") from None


def _mib(text: str) -> float:
    """Old drivers do not know their reserve."""
    return 0.0 if text == "[N/A]" else float(text)
