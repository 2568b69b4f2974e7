"""The files that Ray reads, as far as that shows without a GPU."""

from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from sidetone_ray import stt, tts
from sidetone_stt.settings import Settings as SttSettings
from sidetone_tts.settings import Settings as TtsSettings

RAY = Path(__file__).parents[1]


def _application(name: str) -> dict[str, Any]:
    config = yaml.safe_load((RAY / "serve.yaml").read_text())
    found: dict[str, Any] = next(each for each in config["applications"] if each["name"] == name)
    return found


@pytest.mark.parametrize("name", ["serve.yaml", "serve-llm.yaml"])
def test_ray_understands(name: str) -> None:
    ServeDeploySchema.model_validate(yaml.safe_load((RAY / name).read_text()))


@pytest.mark.parametrize(("module", "settings"), [(tts, TtsSettings), (stt, SttSettings)], ids=["tts", "stt"])
def test_an_application_is_deployed_with_settings_it_has(module: ModuleType, settings: type) -> None:
    application = _application(module.deployment.name)
    assert application["import_path"] == f"{module.__name__}:application"
    assert [each["name"] for each in application["deployments"]] == [module.deployment.name]
    known = {field.metadata["env"] for field in fields(settings)} | {"OMP_NUM_THREADS"}
    assert set(application["runtime_env"]["env_vars"]) <= known


def test_a_replica_fills_its_batches_and_refuses_by_itself() -> None:
    """Otherwise batches stay small, or Serve's 503 comes where the service would say when to return."""
    application = _application("tts")
    environment = application["runtime_env"]["env_vars"]
    batch, queue = int(environment["TTS_MAX_BATCH"]), int(environment["TTS_QUEUE_LIMIT"])
    (deployment,) = application["deployments"]
    assert batch < deployment["max_ongoing_requests"] <= batch + queue
