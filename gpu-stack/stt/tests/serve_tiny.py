"""The service with the tiny model, for the tests of the whole stack: `serve_tiny.py FOLDER PORT KEY`."""

import os
import sys
from pathlib import Path

import tiny_whisper

from sidetone_common import logs, server
from sidetone_stt.app import create_app
from sidetone_stt.settings import Settings

if __name__ == "__main__":
    folder, port, key = sys.argv[1:]
    # A folder of this name is taken before the hub's model: so it has the name that gpu-stack/bot asks for.
    os.chdir(folder)
    settings = Settings(
        model=str(tiny_whisper.write(Path("large-v3-turbo"))),
        api_key=key,
        device="cpu",
        compute_type="float32",
        cpu_threads=1,
        beam_size=1,
        max_batch=2,
        # A model that writes nonsense is never sure of itself.
        min_logprob=-100,
    )
    logs.configure("stt", texts=False)
    server.run(create_app(settings), host="127.0.0.1", port=int(port), grace_s=5)
