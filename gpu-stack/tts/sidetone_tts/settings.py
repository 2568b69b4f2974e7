"""What the environment says about the speech service."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sidetone_common.models import HUB, ModelFile
from sidetone_common.settings import env

from .checkpoint import RUSSIAN, Source
from .reference import MIN_SPEECH_S
from .schedule import QUALITIES
from .text import StressName

Quality = Literal["fast", "balanced", "best"]


@dataclass(frozen=True)
class Settings:
    """Seconds end in `_s`. What is not explained here is where it is used."""

    host: str = field(default="0.0.0.0", metadata=env("TTS_HOST"))
    port: int = field(default=8090, metadata=env("TTS_PORT", minimum=1, maximum=65_535))
    api_key: str | None = field(default=None, repr=False, metadata=env("API_KEY"))
    # The name that requests give in `model`.
    model: str = field(default="f5-tts", metadata=env("TTS_MODEL"))

    # The checkpoint, named exactly: architecture, repository, commit, files.
    arch: Literal["F5TTS_v1_Base", "F5TTS_Base"] = field(default="F5TTS_v1_Base", metadata=env("TTS_ARCH"))
    repo: str = field(default=RUSSIAN.weights.repo, metadata=env("TTS_REPO"))
    revision: str = field(default=RUSSIAN.weights.revision, metadata=env("TTS_REVISION"))
    weights: str = field(default=RUSSIAN.weights.file, metadata=env("TTS_WEIGHTS"))
    weights_sha256: str | None = field(default=RUSSIAN.weights.sha256, metadata=env("TTS_WEIGHTS_SHA256"))
    vocab: str = field(default=RUSSIAN.vocab.file, metadata=env("TTS_VOCAB"))
    vocab_sha256: str | None = field(default=RUSSIAN.vocab.sha256, metadata=env("TTS_VOCAB_SHA256"))
    models_dir: Path = field(default=Path("/models"), metadata=env("TTS_MODELS_DIR"))
    hf_token: str | None = field(default=None, repr=False, metadata=env("HF_TOKEN"))
    hf_endpoint: str = field(default=HUB, metadata=env("HF_ENDPOINT"))

    device: Literal["cuda", "cpu"] = field(default="cuda", metadata=env("TTS_DEVICE"))
    dtype: Literal["float32", "bfloat16", "float16"] = field(default="float32", metadata=env("TTS_DTYPE"))
    compiled: bool = field(default=False, metadata=env("TTS_COMPILE"))
    max_batch: int = field(default=8, metadata=env("TTS_MAX_BATCH", minimum=1, maximum=256))
    queue_limit: int = field(default=32, metadata=env("TTS_QUEUE_LIMIT", minimum=1))
    # From the arrival of a request to its last clause.
    deadline_s: float = field(default=60, metadata=env("TTS_DEADLINE_S", minimum=0.1))
    # What requests in progress get to finish when the service is stopped.
    grace_s: int = field(default=25, metadata=env("TTS_GRACE_S", minimum=0))

    quality: Quality = field(default="balanced", metadata=env("TTS_QUALITY"))
    # About how long the first clause of a reply may last; each next one may last twice as long.
    first_clause_s: float = field(default=2.5, metadata=env("TTS_FIRST_CLAUSE_S", minimum=0.5, maximum=10))
    language: Literal["ru", "en"] = field(default="ru", metadata=env("TTS_LANGUAGE"))
    stress: StressName = field(default="silero", metadata=env("TTS_STRESS"))
    dictionary: Path | None = field(default=None, metadata=env("TTS_DICTIONARY"))
    max_characters: int = field(default=4096, metadata=env("TTS_MAX_CHARACTERS", minimum=1))

    # The voice of requests that name none: a recording, and what is said in it (missing: transcribed).
    ref_audio: Path = field(default=Path("/voices/ref_audio.wav"), metadata=env("TTS_REF_AUDIO"))
    ref_text: str | None = field(default=None, repr=False, metadata=env("TTS_REF_TEXT"))
    voices_dir: Path = field(default=Path("/voices/added"), metadata=env("TTS_VOICES_DIR"))
    min_speech_s: float = field(default=MIN_SPEECH_S, metadata=env("TTS_MIN_SPEECH_S", minimum=1, maximum=12))
    max_upload_mib: float = field(default=20, metadata=env("TTS_MAX_UPLOAD_MIB", minimum=0.01))
    # Up to and including /v1; writes down what is said in recordings that come without their text.
    stt_url: str | None = field(default=None, metadata=env("STT_API_URL"))
    stt_model: str = field(default="large-v3-turbo", metadata=env("STT_MODEL"))

    log_texts: bool = field(default=False, metadata=env("LOG_TEXTS"))

    @property
    def steps(self) -> int:
        return QUALITIES[self.quality]

    @property
    def source(self) -> Source:
        return Source(
            self.arch,
            ModelFile(self.repo, self.weights, self.revision, self.weights_sha256),
            ModelFile(self.repo, self.vocab, self.revision, self.vocab_sha256),
        )
