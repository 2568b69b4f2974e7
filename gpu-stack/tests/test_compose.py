"""compose.yaml as the real Compose understands it."""

import re
from itertools import chain
from typing import cast

import pytest
from stack import PROFILES, STACK, Service, compose, dockerfiles, services

from sidetone_common.settings import from_env
from sidetone_llm.budget import reckon
from sidetone_llm.settings import Settings, plan_of

MODEL_SERVICES = {"llm-server", "stt-server", "tts-server"}
ONE_SHOT = {"preflight"}
# These images run as their own user: nobody and grafana.
NOT_ROOT_BY_THEMSELVES = {"prometheus", "grafana"}
# Compose 5.6 says that of every mode and sets it nevertheless where the secret comes from the environment.
HARMLESS = "mode is not supported outside Swarm mode and will be ignored"


@pytest.fixture(scope="module")
def everything() -> dict[str, Service]:
    return services(*PROFILES)


@pytest.mark.parametrize("profiles", [[], *([name] for name in PROFILES), list(PROFILES)], ids=str)
def test_the_file_is_valid(profiles: list[str]) -> None:
    chosen = chain.from_iterable(("--profile", name) for name in profiles)
    done = compose(*chosen, "config", "--quiet")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if HARMLESS not in line] == []


def test_without_a_profile_it_is_the_four_and_the_preflight() -> None:
    assert set(services()) == {"preflight", "voice-bot", *MODEL_SERVICES}


def test_everything_comes_up_again(everything: dict[str, Service]) -> None:
    for name, service in everything.items():
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped"), name


def test_every_service_says_whether_it_is_ready(everything: dict[str, Service]) -> None:
    assert {name for name, service in everything.items() if "healthcheck" not in service} == ONE_SHOT


def test_vllm_starts_first_and_the_bot_last() -> None:
    def after(name: str) -> dict[str, str]:
        needs = cast(dict[str, dict[str, str]], services()[name].get("depends_on", {}))
        return {other: need["condition"] for other, need in needs.items()}

    assert after("preflight") == {}
    assert after("llm-server") == {"preflight": "service_completed_successfully"}
    assert after("stt-server") == after("tts-server") == {"llm-server": "service_healthy"}
    assert after("voice-bot") == dict.fromkeys(MODEL_SERVICES, "service_healthy")


def ports(*profiles: str, **environment: str) -> set[str]:
    published = [
        cast(dict[str, object], port)
        for service in services(*profiles, **environment).values()
        for port in cast(list[object], service.get("ports", []))
    ]
    return {f"{port.get('host_ip', '*')}:{port['published']}/{port['protocol']}" for port in published}


def test_only_the_audio_can_be_reached_from_outside() -> None:
    audio = {"*:10000/udp", "*:10001/udp"}
    endpoints = {"127.0.0.1:8085/tcp", "127.0.0.1:8000/tcp", "127.0.0.1:8090/tcp"}
    assert ports() == audio | endpoints
    assert ports("monitoring") == audio | endpoints | {"127.0.0.1:3000/tcp"}
    opened = {name.replace("127.0.0.1", "0.0.0.0") for name in endpoints}
    assert ports(ENDPOINTS_BIND="0.0.0.0") == audio | opened


def test_nothing_runs_as_root_or_can_become_it(everything: dict[str, Service]) -> None:
    for name, service in everything.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        if name in NOT_ROOT_BY_THEMSELVES:
            continue
        user = cast(str | None, service.get("user")) or user_of_image(service)
        assert re.match(r"[1-9]\d*(:[1-9]\d*)?$", user), f"{name} runs as {user!r}"


def user_of_image(service: Service) -> str:
    build = cast(dict[str, str], service["build"])
    text = (STACK / build["context"] / build["dockerfile"]).read_text(encoding="utf-8")
    users: list[str] = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    return users[-1]


def test_models_belong_to_the_user(everything: dict[str, Service]) -> None:
    mine = services(HOST_UID="4711", HOST_GID="42")
    for name in MODEL_SERVICES | ONE_SHOT:
        assert mine[name]["user"] == "4711:42"
    for name, service in everything.items():
        for volume in cast(list[dict[str, object]], service.get("volumes", [])):
            # Docker would make a missing folder, as root.
            if volume["type"] == "bind" and not volume.get("read_only"):
                assert volume["bind"] == {"create_host_path": False}, name
                assert (STACK / cast(str, volume["source"])).is_dir(), (
                    f"{volume['source']} is not in the repository"
                )


def test_what_downloads_nothing_cannot_write_to_itself(everything: dict[str, Service]) -> None:
    # Grafana unpacks its plugins; secrets from the environment need a root file system that can be written.
    writable = {name for name, service in everything.items() if not service.get("read_only")}
    assert writable == {*MODEL_SERVICES, "grafana"}


def test_images_are_pinned(everything: dict[str, Service]) -> None:
    exact = re.compile(r"^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$")
    images = [cast(str, service["image"]) for service in everything.values() if "build" not in service]
    for file in dockerfiles():
        images += base_images(file.read_text(encoding="utf-8"))
    assert [image for image in images if not exact.match(image) and not is_debian_release(image)] == []
    assert len(images) >= 5


def base_images(dockerfile: str) -> set[str]:
    """What its stages are made FROM, its own stages left out, its arguments put in."""
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", dockerfile, re.MULTILINE))
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)", dockerfile, re.MULTILINE))
    images = re.findall(r"^FROM (?:--\S+ )*(\S+)", dockerfile, re.MULTILINE)
    return {re.sub(r"\$\{?(\w+)\}?", lambda match: arguments[match[1]], image) for image in images} - stages


def is_debian_release(image: str) -> bool:
    """Debian's point releases have two numbers."""
    return re.match(r"^debian:\d+\.\d+(-slim)?$", image) is not None


def test_the_token_is_a_file_of_the_services_that_download() -> None:
    token = "hf_sesame"
    with_token = services(*PROFILES, HF_TOKEN=token)
    assert token not in str(with_token)
    assert {name for name, service in with_token.items() if "secrets" in service} == MODEL_SERVICES
    for file in dockerfiles():
        assert not re.search(
            r"^(ARG|ENV).*(HF_TOKEN|API_KEY)\b", file.read_text(encoding="utf-8"), re.MULTILINE
        )


def test_the_key_reaches_every_service_and_the_bot() -> None:
    def keys(**environment: str) -> set[str | None]:
        own = services(**environment)
        found = [
            cast(dict[str, str | None], own[name]["environment"]) for name in (*MODEL_SERVICES, "voice-bot")
        ]
        return {variables.get("API_KEY", variables.get("VLLM_API_KEY")) for variables in found}

    assert keys(API_KEY="sesame") == {"sesame"}
    # bot.yaml names the variable, so the bot needs a word in it; services without a key take any.
    assert keys() == {"", "none"}


def test_the_defaults_fit_the_card_they_are_for() -> None:
    for profile, gib in (("24gb", 23.65), ("48gb", 47.41)):
        given = cast(dict[str, str | None], services(GPU_PROFILE=profile)["preflight"]["environment"])
        settings = from_env(Settings, {name: value for name, value in given.items() if value})
        assert settings.profile == profile
        assert reckon(gib, plan_of(settings)).problems == ()
