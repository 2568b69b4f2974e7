"""Settings from environment variables, described once as a frozen dataclass.

    @dataclass(frozen=True)
    class Settings:
        port: int = field(default=8000, metadata=env("STT_PORT", minimum=1, maximum=65535))
        api_key: str | None = field(default=None, repr=False, metadata=env("API_KEY"))

    settings = from_env(Settings)

A mistake ends in one line for the person who starts the service.
"""

import dataclasses
import math
import os
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar, Union, get_args, get_origin

T = TypeVar("T")

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


class SettingsError(Exception):
    """One line for the person who starts the service: the variable, its value, what is allowed."""


def env(name: str, *, minimum: float | None = None, maximum: float | None = None) -> Mapping[str, object]:
    """Metadata of a field: the variable it comes from, and the limits of a number (both allowed)."""
    return {"env": name, "minimum": minimum, "maximum": maximum}


def from_env(cls: type[T], env: Mapping[str, str] = os.environ) -> T:
    """Reads every field that `env()` describes; an unset or empty variable leaves the default.

    `NAME_FILE` names a file that holds the value (a Docker secret). Types: str, int, float, bool, Path,
    Literal of strings, tuple[str, ...] (comma-separated), and any of these or None.
    @raises SettingsError
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass")
    hints = typing.get_type_hints(cls)
    values: dict[str, object] = {}
    for field in dataclasses.fields(cls):
        name = field.metadata.get("env")
        if name is None:
            continue
        raw = _raw(name, env)
        if raw:
            values[field.name] = _parse(name, raw, hints[field.name], field.metadata)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SettingsError(f"{name} is not set; it has no default")
    return cls(**values)


def _raw(name: str, env: Mapping[str, str]) -> str:
    value = env.get(name, "").strip()
    file = env.get(f"{name}_FILE", "").strip()
    if value or not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE={file}: cannot be read ({error.strerror})") from error


def _parse(name: str, raw: str, kind: object, limits: Mapping[str, object]) -> object:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        kind = next(arg for arg in args if arg is not type(None))
        return _parse(name, raw, kind, limits)
    if origin is Literal:
        if raw not in args:
            raise SettingsError(f"{name}={raw}: allowed are {', '.join(map(str, args))}")
        return raw
    if origin is tuple:
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if kind is bool:
        if raw.lower() not in _YES | _NO:
            raise SettingsError(f"{name}={raw}: allowed are true and false")
        return raw.lower() in _YES
    if kind is int or kind is float:
        return _number(name, raw, int if kind is int else float, limits)
    if kind is Path:
        return Path(raw)
    if kind is str:
        return raw
    raise TypeError(f"{name}: settings of type {kind} are not read from the environment")


def _number(name: str, raw: str, kind: type[int] | type[float], limits: Mapping[str, object]) -> float:
    low, high = limits.get("minimum"), limits.get("maximum")
    allowed = "whole numbers" if kind is int else "numbers"
    if low is not None:
        allowed += f" from {low}"
    if high is not None:
        allowed += f" to {high}"
    try:
        value = kind(raw)
    except ValueError:
        raise SettingsError(f"{name}={raw}: allowed are {allowed}") from None
    too_low = isinstance(low, (int, float)) and value < low
    too_high = isinstance(high, (int, float)) and value > high
    if too_low or too_high or not math.isfinite(value):
        raise SettingsError(f"{name}={raw}: allowed are {allowed}")
    return value
