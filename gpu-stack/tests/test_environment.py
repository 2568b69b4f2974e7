""".env.example against compose.yaml, and both against the settings of the services."""

import ast
import re
from typing import cast

import pytest
from stack import STACK, services, variables_of_env_example

# Fixed by the image or the network; nobody has to set them.
FIXED = {"HF_TOKEN", "LLM_PORT", "STT_HOST", "STT_PORT", "TTS_HOST", "TTS_PORT"}
ROOMS = {"llm-server": "llm/sidetone_llm", "stt-server": "stt/sidetone_stt", "tts-server": "tts/sidetone_tts"}


def settings_of(folder: str) -> dict[str, object]:
    """Variable and default (None where it is no plain value) of each field that `env("NAME")` describes."""
    tree = ast.parse((STACK / folder / "settings.py").read_text(encoding="utf-8"))
    found: dict[str, object] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "field"):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        metadata = given.get("metadata")
        if isinstance(metadata, ast.Call) and isinstance(metadata.args[0], ast.Constant):
            try:
                found[str(metadata.args[0].value)] = ast.literal_eval(given["default"])
            except ValueError:
                found[str(metadata.args[0].value)] = None
    return found


def variables_of_compose() -> set[str]:
    """What it interpolates, and what it hands on as it is."""
    text = (STACK / "compose.yaml").read_text(encoding="utf-8")
    handed_on = re.findall(r"^\s+([A-Z][A-Z0-9_]+):$", text, re.MULTILINE)
    interpolated = re.findall(r"\$\{([A-Z0-9_]+)", text)
    secrets = re.findall(r"environment: ([A-Z0-9_]+)", text)
    return {*handed_on, *interpolated, *secrets}


def test_the_example_names_exactly_what_is_used() -> None:
    assert set(variables_of_env_example()) == variables_of_compose()


@pytest.mark.parametrize("service", ROOMS)
def test_every_setting_reaches_its_service(service: str) -> None:
    given = cast(dict[str, str | None], services()[service]["environment"])
    names = {name.removesuffix("_FILE") for name in given}
    assert set(settings_of(ROOMS[service])) - FIXED - names == set()


@pytest.mark.parametrize("service", ROOMS)
def test_a_default_that_is_shown_is_the_real_one(service: str) -> None:
    shown = variables_of_env_example()
    for name, default in settings_of(ROOMS[service]).items():
        if default is None or not shown.get(name):
            continue
        value = shown[name]
        same = (
            float(value) == default
            if isinstance(default, (int, float)) and not isinstance(default, bool)
            else (value == str(default).lower() if isinstance(default, bool) else value == default)
        )
        assert same, f"{name}: .env.example shows {value}, the default is {default}"
