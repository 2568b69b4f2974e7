"""The manifests against Kubernetes' own schemas, and against what they say of each other."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

DEPLOY = Path(__file__).parents[1]
# An object of Kubernetes, as YAML gives it.
Manifest = dict[str, Any]


def _manifests() -> Iterator[tuple[str, Manifest]]:
    listed = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    for name in listed:
        for manifest in yaml.safe_load_all((DEPLOY / name).read_text()):
            yield name, manifest


ALL = list(_manifests())
WORKLOADS = [manifest for _, manifest in ALL if manifest["kind"] in ("Deployment", "StatefulSet")]


def _of_kind(kind: str) -> list[Manifest]:
    return [manifest for _, manifest in ALL if manifest["kind"] == kind]


def _name(manifest: Manifest) -> str:
    name: str = manifest["metadata"]["name"]
    return name


def test_every_file_is_listed() -> None:
    others = {"kustomization.yaml", "accounts.yaml"}
    assert {file.name for file in DEPLOY.glob("*.yaml")} - others == {name for name, _ in ALL}


@pytest.mark.parametrize(
    "manifest", [each for _, each in ALL], ids=lambda each: f"{each['kind']}-{_name(each)}"
)
def test_kubernetes_understands(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, "1.37.0", strict=True)


@pytest.mark.parametrize("workload", WORKLOADS, ids=_name)
def test_a_workload_is_probed_kept_and_ended_with_care(workload: Manifest) -> None:
    pod = workload["spec"]["template"]
    assert workload["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert pod["spec"]["terminationGracePeriodSeconds"] >= 30
    (container,) = pod["spec"]["containers"]
    assert "readinessProbe" in container
    budgets = [each for each in _of_kind("PodDisruptionBudget") if _name(each) == _name(workload)]
    assert [each["spec"]["selector"] for each in budgets] == [workload["spec"]["selector"]]


@pytest.mark.parametrize("workload", WORKLOADS, ids=_name)
def test_what_is_mounted_is_there(workload: Manifest) -> None:
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}


def test_models_scale_by_what_waits() -> None:
    targets = {each["spec"]["scaleTargetRef"]["name"] for each in _of_kind("HorizontalPodAutoscaler")}
    assert targets == {"llm-server", "stt-server", "tts-server"}


def test_kamailio_knows_every_voice_bot() -> None:
    (bots,) = _of_kind("StatefulSet")
    lines = [line.split() for line in (DEPLOY / "dispatcher.list").read_text().splitlines() if line[0] != "#"]
    domain = f"{bots['spec']['serviceName']}.sidetone.svc.cluster.local"
    port = bots["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    known = [f"sip:{_name(bots)}-{number}.{domain}:{port}" for number in range(bots["spec"]["replicas"])]
    assert [uri for _, uri, *_ in lines] == known
    limit = next(
        each for each in bots["spec"]["template"]["spec"]["containers"][0]["args"] if "max-calls" in each
    )
    assert {each.rpartition("maxload=")[2] for *_, each in lines} == {limit.rpartition("=")[2]}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_puts_them_together() -> None:
    built = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY)], capture_output=True, text=True, check=True
    ).stdout
    manifests = list(yaml.safe_load_all(built))
    assert len(manifests) == len(ALL) + 2
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.37.0", strict=True)
        assert manifest["metadata"].get("namespace", "sidetone") == "sidetone"
