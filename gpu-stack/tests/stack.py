"""Where things are, and the real Compose on the stack's file."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

STACK = Path(__file__).resolve().parent.parent
REPOSITORY = STACK.parent
ENV_EXAMPLE = STACK / ".env.example"
PROFILES = ("monitoring", "kamailio")

Service = dict[str, object]


def program(name: str) -> str:
    """A program of this environment."""
    return str(Path(sys.executable).parent / name)


def environment_of(name: str) -> Path:
    """The Python of another room's environment."""
    return STACK / ".venv" / name / "bin" / "python"


def compose(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Compose as somebody runs it who copied .env.example to .env."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment
    command = [program("docker-compose"), "--project-directory", str(STACK), "--env-file", str(ENV_EXAMPLE)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, env=env, check=False)


def services(*profiles: str, **environment: str) -> dict[str, Service]:
    """Every service of these profiles, as Compose understood it."""
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    done = compose(*chosen, "config", "--format", "json", **environment)
    assert done.returncode == 0, done.stderr
    return cast(dict[str, Service], json.loads(done.stdout)["services"])


def variables_of_env_example() -> dict[str, str]:
    """Every variable it names, also those commented out, with the value it shows."""
    lines = ENV_EXAMPLE.read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"(?:# )?([A-Z][A-Z0-9_]+)=(.*)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def dockerfiles() -> list[Path]:
    """Of every room; environments and models are no rooms."""
    return sorted(STACK.glob("[!.]*/Dockerfile"))
