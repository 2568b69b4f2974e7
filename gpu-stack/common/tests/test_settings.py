from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from sidetone_common.settings import SettingsError, env, from_env


@dataclass(frozen=True)
class Settings:
    port: int = field(default=8000, metadata=env("T_PORT", minimum=1, maximum=65535))
    ratio: float = field(default=0.5, metadata=env("T_RATIO", minimum=0))
    texts: bool = field(default=False, metadata=env("T_TEXTS"))
    device: Literal["cpu", "cuda"] = field(default="cuda", metadata=env("T_DEVICE"))
    folder: Path = field(default=Path("models"), metadata=env("T_FOLDER"))
    key: str | None = field(default=None, repr=False, metadata=env("T_KEY"))
    hosts: tuple[str, ...] = field(default=(), metadata=env("T_HOSTS"))
    inside: int = 7


def test_unset_and_empty_variables_leave_the_defaults() -> None:
    assert from_env(Settings, {"T_PORT": "", "T_KEY": " "}) == Settings()


def test_every_type_is_read() -> None:
    read = from_env(
        Settings,
        {
            "T_PORT": "65535",
            "T_RATIO": "0",
            "T_TEXTS": "Yes",
            "T_DEVICE": "cpu",
            "T_FOLDER": "/data",
            "T_KEY": "k",
            "T_HOSTS": "a, b,",
            "INSIDE": "9",
        },
    )
    assert read == Settings(65535, 0.0, True, "cpu", Path("/data"), "k", ("a", "b"), 7)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("T_PORT", "70000", "whole numbers from 1 to 65535"),
        ("T_PORT", "0", "whole numbers from 1 to 65535"),
        ("T_PORT", "8000.5", "whole numbers from 1 to 65535"),
        ("T_RATIO", "-0.1", "numbers from 0"),
        ("T_RATIO", "nan", "numbers from 0"),
        ("T_TEXTS", "maybe", "true and false"),
        ("T_DEVICE", "gpu", "cpu, cuda"),
    ],
)
def test_a_mistake_is_one_line_with_variable_value_and_what_is_allowed(
    variable: str, value: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        from_env(Settings, {variable: value})
    assert str(caught.value) == f"{variable}={value}: allowed are {allowed}"


def test_a_secret_comes_from_a_file_and_the_variable_itself_wins(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from file\n")
    assert from_env(Settings, {"T_KEY_FILE": str(secret)}).key == "from file"
    assert from_env(Settings, {"T_KEY_FILE": str(secret), "T_KEY": "own"}).key == "own"
    with pytest.raises(SettingsError, match="T_KEY_FILE=/nowhere: cannot be read"):
        from_env(Settings, {"T_KEY_FILE": "/nowhere"})


def test_secrets_are_not_in_what_is_logged_of_settings() -> None:
    assert "s3cret" not in repr(from_env(Settings, {"T_KEY": "s3cret"}))


def test_a_variable_without_default_must_be_set() -> None:
    @dataclass(frozen=True)
    class Needed:
        url: str = field(metadata=env("T_URL"))

    with pytest.raises(SettingsError, match="T_URL is not set"):
        from_env(Needed, {})
    assert from_env(Needed, {"T_URL": "http://x"}).url == "http://x"
