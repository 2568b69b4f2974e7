"""What can be set, and where it comes from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sidetone_common.models import HUB
from sidetone_common.settings import env


@dataclass(frozen=True)
class Settings:
    """Durations in the unit that their name ends with."""

    host: str = field(default="0.0.0.0", metadata=env("STT_HOST"))
    port: int = field(default=8000, metadata=env("STT_PORT", minimum=1, maximum=65535))
    api_key: str | None = field(default=None, repr=False, metadata=env("API_KEY"))
    # SIGTERM gives requests in progress this long.
    grace_s: int = field(default=30, metadata=env("STT_GRACE_S", minimum=0))
    log_texts: bool = field(default=False, metadata=env("LOG_TEXTS"))

    engine: Literal["whisper", "t-one"] = field(default="whisper", metadata=env("STT_ENGINE"))
    # A name of faster-whisper's list, a repository on the hub, or a folder.
    model: str = field(default="large-v3-turbo", metadata=env("STT_MODEL"))
    revision: str = field(default="main", metadata=env("STT_MODEL_REVISION"))
    # Of the weights file; None trusts the hub's word.
    sha256: str | None = field(default=None, metadata=env("STT_MODEL_SHA256"))
    models: Path = field(default=Path("models"), metadata=env("STT_MODELS"))
    hf_token: str | None = field(default=None, repr=False, metadata=env("HF_TOKEN"))
    hub: str = field(default=HUB, metadata=env("HF_ENDPOINT"))
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata=env("STT_DEVICE"))
    compute_type: str = field(default="default", metadata=env("STT_COMPUTE_TYPE"))
    cpu_threads: int = field(default=0, metadata=env("STT_CPU_THREADS", minimum=0))

    # Taken where a request names none; without it the language is found out by listening.
    language: str | None = field(default=None, metadata=env("STT_LANGUAGE"))
    beam_size: int = field(default=5, metadata=env("STT_BEAM_SIZE", minimum=1, maximum=16))
    # How many stretches of speech share one pass through the model.
    max_batch: int = field(default=8, metadata=env("STT_MAX_BATCH", minimum=1, maximum=64))
    # How many requests may be in the service at once; more are told to come again.
    max_requests: int = field(default=64, metadata=env("STT_MAX_REQUESTS", minimum=1))
    max_sessions: int = field(default=64, metadata=env("STT_MAX_SESSIONS", minimum=0))
    max_upload_mb: int = field(default=25, metadata=env("STT_MAX_UPLOAD_MB", minimum=1))
    max_audio_s: int = field(default=3600, metadata=env("STT_MAX_AUDIO_S", minimum=1))
    # A realtime turn that does not end is cut here.
    max_turn_s: int = field(default=60, metadata=env("STT_MAX_TURN_S", minimum=1))

    vad_threshold: float = field(default=0.5, metadata=env("STT_VAD_THRESHOLD", minimum=0.05, maximum=0.95))
    # A pause this long ends a stretch of speech. faster-whisper's 2,000 ms let it invent words in pauses.
    vad_silence_ms: int = field(default=500, metadata=env("STT_VAD_SILENCE_MS", minimum=32))
    # Above it a text is an invention if the words are unlikely, too (Whisper's own rule and numbers).
    no_speech: float = field(default=0.6, metadata=env("STT_NO_SPEECH", minimum=0, maximum=1))
    min_logprob: float = field(default=-1.0, metadata=env("STT_MIN_LOGPROB", maximum=0))
    # Above it a text repeats itself (length by length after zlib).
    max_compression: float = field(default=2.4, metadata=env("STT_MAX_COMPRESSION", minimum=1))
