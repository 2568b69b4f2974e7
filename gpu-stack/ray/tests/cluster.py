"""A Ray cluster of this machine alone, which serves one application of serve.yaml."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import yaml

import ray
from ray import serve
from sidetone_common.testing.ports import free_port

SERVE_YAML = Path(__file__).parents[1] / "serve.yaml"
# The deadline is no measurement: it only ends a test that would hang.
_PATIENCE_S = 90
_REPLICAS = 2

T = TypeVar("T")


@contextmanager
def served(deployment: serve.Deployment, environment: Mapping[str, str]) -> Iterator[str]:
    """Two replicas with what serve.yaml says of them, but without GPUs. Yields the URL they answer below."""
    settings = yaml.safe_load(SERVE_YAML.read_text())
    (application,) = (each for each in settings["applications"] if each["name"] == deployment.name)
    (options,) = application["deployments"]
    options["autoscaling_config"]["max_replicas"] = _REPLICAS
    env_vars = application["runtime_env"]["env_vars"] | environment
    options["ray_actor_options"] = {"num_cpus": 0.1, "runtime_env": {"env_vars": env_vars}}
    port = free_port()
    # Ray puts sockets there, whose paths may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        ray.init(
            num_cpus=2,
            num_gpus=0,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=80 * 2**20,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        try:
            serve.start(http_options={"host": "127.0.0.1", "port": port})
            _run(deployment.options(**options).bind(), application["name"], application["route_prefix"])
            yield f"http://127.0.0.1:{port}{application['route_prefix']}"
        finally:
            serve.shutdown()  # type: ignore[no-untyped-call]  # Ray gives it no types.
            ray.shutdown()


def _run(application: serve.Application, name: str, route_prefix: str) -> None:
    try:
        serve.run(application, name=name, route_prefix=route_prefix)
    except RuntimeError as error:
        # Which names the deployment that failed, but not why.
        deployments = serve.status().applications[name].deployments.values()
        raise RuntimeError("\n".join(each.message for each in deployments)) from error


def replicas(name: str) -> set[int]:
    """Process ids of the replicas of an application of this process's cluster."""
    title = f"ray::ServeReplica:{name}:"
    return {pid for pid in _descendants() if _command(pid).startswith(title)}


def until(what: str, look: Callable[[], T | None]) -> T:
    """Looks until there is something to see, and returns it."""
    end = time.monotonic() + _PATIENCE_S
    while (seen := look()) is None:
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.1)
    return seen


def _descendants() -> set[int]:
    parents = {int(folder.name): _parent(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _parent(pid: int) -> int | None:
    try:
        # "pid (name) state ppid ...", where the name may have spaces and brackets.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""
