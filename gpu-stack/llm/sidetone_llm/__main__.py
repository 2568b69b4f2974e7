"""What the containers run: `python -m sidetone_llm COMMAND`.

preflight FOLDER ...: do the models fit on the card, can the folders be written, who can reach the services?
serve FOLDER: the same, then vLLM in this process's place.
ready: does the model answer?
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from sidetone_common.settings import SettingsError, from_env
from sidetone_llm.budget import Plan, reckon, table
from sidetone_llm.card import Card, NoCard, from_nvidia_smi
from sidetone_llm.ready import ready
from sidetone_llm.settings import Settings, plan_of

# The name that bot.yaml can always ask for, whichever model the profile took.
ALIAS = "llm"


def vllm_command(plan: Plan, settings: Settings, models: str) -> list[str]:
    """vLLM's command line; prefix caching, because all callers share the system prompt."""
    return [
        "vllm",
        "serve",
        plan.llm.name,
        "--served-model-name",
        plan.llm.name,
        ALIAS,
        "--host",
        "0.0.0.0",
        "--port",
        str(settings.port),
        "--gpu-memory-utilization",
        f"{plan.utilization:.2f}",
        "--max-model-len",
        str(plan.max_model_len),
        "--enable-prefix-caching",
        "--download-dir",
        models,
        *shlex.split(settings.extra_args),
    ]


def unwritable(folders: list[str]) -> list[str]:
    """Model folders that this user cannot write: the download would fail an hour from now."""
    owner = f"{os.getuid()}:{os.getgid()}"
    return [
        f"{folder} cannot be written by user {owner}: run `sudo chown -R {owner} models voices` in "
        "gpu-stack/, or set HOST_UID and HOST_GID in .env to what `id -u` and `id -g` say"
        for folder in folders
        if not os.access(folder, os.W_OK) or not Path(folder).is_dir()
    ]


def main(arguments: list[str], environment: Mapping[str, str] = os.environ) -> int:
    """@returns the exit code: 0 yes, 1 no, 2 wrong usage or settings"""
    try:
        settings = from_env(Settings, environment)
        match arguments:
            case ["preflight", *folders]:
                return 0 if fits(settings, folders) else 1
            case ["serve", folder]:
                if not fits(settings, [folder]):
                    return 1
                command = vllm_command(plan_of(settings), settings, folder)
                os.execvp(command[0], command)
            case ["ready"]:
                return _tell_ready(settings.port, environment)
    except SettingsError as error:
        print(f"settings: {error}", file=sys.stderr)
        return 2
    print(f"{__doc__}", file=sys.stderr)
    return 2


def fits(settings: Settings, folders: list[str]) -> bool:
    """Prints how the card is divided, and what is wrong with it or the folders. @raises SettingsError"""
    plan = plan_of(settings)
    try:
        card = from_nvidia_smi() if settings.gpu_memory_gib is None else None
    except NoCard as error:
        print(f"REFUSED: {error}.", file=sys.stderr)
        return False
    budget = reckon(settings.gpu_memory_gib or (card.gib if card else 0.0), plan)
    print(f"GPU memory, profile {settings.profile}, {_describe(card, budget.card_gib)}")
    print(table(budget), flush=True)
    problems = [*budget.problems, *unwritable(folders), *exposed(settings)]
    for problem in problems:
        print(f"REFUSED: {problem}.", file=sys.stderr)
    return not problems


def exposed(settings: Settings) -> list[str]:
    """Services that anybody on the network could use, and clone voices with."""
    if settings.api_key or settings.endpoints_bind in ("127.0.0.1", "localhost", "::1"):
        return []
    return [
        f"ENDPOINTS_BIND={settings.endpoints_bind} opens the models to other machines, and there is no "
        "API_KEY: set one in .env (`openssl rand -hex 24` makes one)"
    ]


def _tell_ready(port: int, environment: Mapping[str, str]) -> int:
    problem = ready(port, environment)
    if problem is None:
        return 0
    print(problem, file=sys.stderr)
    return 1


def _describe(card: Card | None, gib: float) -> str:
    if card is None:
        return f"{gib:.2f} GiB by GPU_MEMORY_GIB"
    busy = f"; {card.used_gib:.2f} GiB of it are in use now" if card.used_gib > 1 else ""
    return f"{card.name} with {gib:.2f} GiB{busy}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
