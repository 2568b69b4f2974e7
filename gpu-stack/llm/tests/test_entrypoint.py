"""The commands of the containers: what they print, their exit codes, and vLLM's command line."""

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sidetone_llm.card import Card, NoCard, parse


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH")} | environment
    command = [sys.executable, "-m", "sidetone_llm", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def with_programs(folder: Path) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_a_plan_that_fits(tmp_path: Path) -> None:
    done = run("preflight", str(tmp_path), GPU_MEMORY_GIB="23.65")
    assert done.returncode == 0
    assert done.stdout.startswith("GPU memory, profile 24gb, 23.65 GiB by GPU_MEMORY_GIB\n")
    assert done.stderr == ""


def test_a_plan_that_does_not_fit() -> None:
    done = run(
        "preflight",
        GPU_MEMORY_GIB="23.65",
        LLM_MODEL="Qwen/Qwen2.5-7B-Instruct",
        LLM_GPU_MEMORY_UTILIZATION="0.6",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("REFUSED: Qwen/Qwen2.5-7B-Instruct needs 14.19 GiB of weights")


def test_wrong_settings_are_one_line() -> None:
    done = run("preflight", GPU_MEMORY_GIB="lots")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "settings: GPU_MEMORY_GIB=lots: allowed are numbers from 1\n"


def test_without_a_card_it_says_what_to_do(tmp_path: Path) -> None:
    done = run("preflight", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "NVIDIA Container Toolkit" in done.stderr
    assert "GPU_MEMORY_GIB" in done.stderr


def test_a_card_is_asked_through_the_driver(tmp_path: Path) -> None:
    program(tmp_path, "nvidia-smi", "echo 'NVIDIA GeForce RTX 4090, 24564, 346, 2048'")
    done = run("preflight", PATH=with_programs(tmp_path))
    assert done.returncode == 0
    assert "NVIDIA GeForce RTX 4090 with 23.65 GiB; 2.00 GiB of it are in use now" in done.stdout


def test_a_driver_that_fails_is_quoted(tmp_path: Path) -> None:
    program(tmp_path, "nvidia-smi", "echo 'Failed to initialize NVML: Unknown Error'; exit 255")
    done = run("preflight", PATH=with_programs(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "REFUSED: nvidia-smi failed: Failed to initialize NVML: Unknown Error.\n"


def test_reports_of_the_driver() -> None:
    two = "NVIDIA L40S, 46068, [N/A], 0\nNVIDIA L40S, 1, 1, 1\n"
    assert parse(two) == Card("NVIDIA L40S", 46068 / 1024, 0)
    with pytest.raises(NoCard, match="No devices were found"):
        parse("No devices were found")


def test_folders_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "models"
    done = run("preflight", str(missing), GPU_MEMORY_GIB="23.65")
    assert done.returncode == 1
    assert f"REFUSED: {missing} cannot be written by user {os.getuid()}" in done.stderr
    assert "HOST_UID" in done.stderr


def test_models_are_not_opened_to_the_network_without_a_key() -> None:
    done = run("preflight", GPU_MEMORY_GIB="23.65", ENDPOINTS_BIND="0.0.0.0")
    assert done.returncode == 1
    assert "ENDPOINTS_BIND=0.0.0.0 opens the models to other machines, and there is no API_KEY" in done.stderr
    assert run("preflight", GPU_MEMORY_GIB="23.65", ENDPOINTS_BIND="0.0.0.0", API_KEY="k").returncode == 0


def test_serving_replaces_the_process_with_vllm(tmp_path: Path) -> None:
    program(tmp_path, "vllm", 'printf "%s\\n" "$@"')
    done = run(
        "serve",
        str(tmp_path),
        PATH=with_programs(tmp_path),
        GPU_MEMORY_GIB="23.65",
        LLM_EXTRA_ARGS="--max-num-seqs 64 --chat-template 'a b'",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-20:] == [
        *("serve", "Qwen/Qwen2.5-7B-Instruct-AWQ"),
        *("--served-model-name", "Qwen/Qwen2.5-7B-Instruct-AWQ", "llm"),
        *("--host", "0.0.0.0", "--port", "8085"),
        *("--gpu-memory-utilization", "0.40", "--max-model-len", "8192"),
        *("--enable-prefix-caching", "--download-dir", str(tmp_path)),
        *("--max-num-seqs", "64", "--chat-template", "a b"),
    ]


def test_serving_a_plan_that_does_not_fit_starts_nothing(tmp_path: Path) -> None:
    program(tmp_path, "vllm", "echo started")
    done = run("serve", str(tmp_path), PATH=with_programs(tmp_path), GPU_MEMORY_GIB="8")
    assert done.returncode == 1
    assert "started" not in done.stdout


@contextmanager
def models_endpoint(models: list[str], key: str) -> Iterator[int]:
    """/v1/models as vLLM serves it, behind a key."""

    class Models(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers.get("Authorization") == f"Bearer {key}"
            self.send_response(200 if allowed and self.path == "/v1/models" else 401)
            self.end_headers()
            self.wfile.write(
                json.dumps({"object": "list", "data": [{"id": name} for name in models]}).encode()
            )

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_ready_once_a_model_is_listed() -> None:
    with models_endpoint(["llm"], "secret") as port:
        assert run("ready", LLM_PORT=str(port), VLLM_API_KEY="secret").returncode == 0
        refused = run("ready", LLM_PORT=str(port), VLLM_API_KEY="wrong")
        assert (refused.returncode, refused.stderr) == (1, "/v1/models: HTTP Error 401: Unauthorized\n")
    with models_endpoint([], "secret") as port:
        assert run("ready", LLM_PORT=str(port), VLLM_API_KEY="secret").returncode == 1
    assert "Connection refused" in run("ready", LLM_PORT=str(port)).stderr


def test_usage() -> None:
    for arguments in ([], ["serve"], ["dance"]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "preflight FOLDER" in done.stderr
