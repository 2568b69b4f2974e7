"""Dockerfiles, shell scripts and the monitoring's files, by the tools that know them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from stack import STACK, dockerfiles, program, services


@pytest.mark.parametrize("file", dockerfiles(), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_hadolint_has_nothing_to_say(file: Path) -> None:
    done = subprocess.run(
        [program("hadolint"), "--no-color", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_has_its_dockerfile() -> None:
    built = [
        service["build"] for service in services("monitoring", "kamailio").values() if "build" in service
    ]
    paths = {Path(str(build["context"])) / build["dockerfile"] for build in built if isinstance(build, dict)}
    assert [path for path in paths if not path.is_file()] == []


@pytest.mark.parametrize("file", dockerfiles(), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_is_copied_is_there(file: Path) -> None:
    context = STACK.parent if file.parent.name == "voice-bot" else STACK
    if file.parent.name == "kamailio":
        context = file.parent
    for sources in re.findall(
        r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", file.read_text(encoding="utf-8"), re.MULTILINE
    ):
        for source in sources.split():
            assert list(context.glob(source.rstrip("/"))), f"{file}: {source} is not in {context}"


def test_shellcheck_has_nothing_to_say() -> None:
    scripts = [path for path in STACK.glob("[!.]*/**/*.sh") if "site-packages" not in path.parts]
    assert scripts
    done = subprocess.run(
        [program("shellcheck"), *map(str, scripts)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_prometheus_scrapes_ports_that_services_have() -> None:
    config = yaml.safe_load((STACK / "monitoring" / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [
        target
        for job in config["scrape_configs"]
        for each in job["static_configs"]
        for target in each["targets"]
    ]
    assert sorted(targets) == ["llm-server:8085", "stt-server:8000", "tts-server:8090"]
    compose = services("monitoring")
    for target in targets:
        name, port = target.split(":")
        assert f"'target': {port}" in str(compose[name]["ports"])


def test_the_dashboard_asks_the_provisioned_source() -> None:
    provisioning = STACK / "monitoring" / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text(encoding="utf-8"))
    dashboard = json.loads(
        (STACK / "monitoring" / "grafana" / "dashboards" / "sidetone.json").read_text("utf-8")
    )
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source["datasources"][0]["uid"]}
    boxes = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(set(boxes)) == len(boxes) == len({panel["id"] for panel in dashboard["panels"]})
