"""The speech service with a tiny random model, on the Python of the environment `tts`.

`serve_tiny.py FOLDER PORT KEY`
"""

import sys
from pathlib import Path

import samples
import tiny

from sidetone_common import logs, server
from sidetone_tts.app import create_app
from sidetone_tts.settings import Settings

if __name__ == "__main__":
    folder, port, key = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    reference = folder / "ref_audio.wav"
    reference.write_bytes(samples.file(samples.speech(7)))
    logs.configure("tts", texts=False)
    settings = Settings(
        host="127.0.0.1",
        port=port,
        api_key=key,
        device="cpu",
        stress="off",
        ref_audio=reference,
        ref_text="Это проверка голоса, раз, два, три.",
        voices_dir=folder / "added",
    )
    app = create_app(settings, tiny.model(folder / "checkpoint"))
    server.run(app, host=settings.host, port=port, grace_s=1)
