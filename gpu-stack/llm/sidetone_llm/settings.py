"""What `.env` says about the card and the language model."""

from dataclasses import dataclass, field
from typing import Literal

from sidetone_common.settings import SettingsError, env
from sidetone_llm.budget import KNOWN_LLMS, STT_WEIGHTS_GIB, Llm, Plan

Profile = Literal["24gb", "48gb"]


@dataclass(frozen=True)
class ProfileDefaults:
    model: str
    utilization: float
    max_model_len: int


PROFILES: dict[Profile, ProfileDefaults] = {
    "24gb": ProfileDefaults("Qwen/Qwen2.5-7B-Instruct-AWQ", 0.40, 8192),
    "48gb": ProfileDefaults("Qwen/Qwen2.5-7B-Instruct", 0.60, 16384),
}


@dataclass(frozen=True)
class Settings:
    """Unset values come from the profile."""

    profile: Profile = field(default="24gb", metadata=env("GPU_PROFILE"))
    gpu_memory_gib: float | None = field(default=None, metadata=env("GPU_MEMORY_GIB", minimum=1))
    model: str | None = field(default=None, metadata=env("LLM_MODEL"))
    utilization: float | None = field(
        default=None, metadata=env("LLM_GPU_MEMORY_UTILIZATION", minimum=0.05, maximum=0.98)
    )
    max_model_len: int | None = field(default=None, metadata=env("LLM_MAX_MODEL_LEN", minimum=512))
    weights_gib: float | None = field(default=None, metadata=env("LLM_WEIGHTS_GIB", minimum=0.01))
    kv_bytes_per_token: int | None = field(default=None, metadata=env("LLM_KV_BYTES_PER_TOKEN", minimum=1))
    extra_args: str = field(default="", metadata=env("LLM_EXTRA_ARGS"))
    endpoints_bind: str = field(default="127.0.0.1", metadata=env("ENDPOINTS_BIND"))
    api_key: str | None = field(default=None, repr=False, metadata=env("API_KEY"))
    port: int = field(default=8085, metadata=env("LLM_PORT", minimum=1, maximum=65535))
    stt_engine: Literal["whisper", "t-one"] = field(default="whisper", metadata=env("STT_ENGINE"))
    stt_device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata=env("STT_DEVICE"))
    stt_model: str = field(default="large-v3-turbo", metadata=env("STT_MODEL"))
    tts_device: Literal["cuda", "cpu"] = field(default="cuda", metadata=env("TTS_DEVICE"))
    tts_max_batch: int = field(default=8, metadata=env("TTS_MAX_BATCH", minimum=1))


def plan_of(settings: Settings) -> Plan:
    """@raises SettingsError for a model whose size is not known"""
    profile = PROFILES[settings.profile]
    # T-one runs on the processor.
    stt_on_card = settings.stt_engine == "whisper" and settings.stt_device != "cpu"
    return Plan(
        llm=_llm(settings, settings.model or profile.model),
        utilization=settings.utilization or profile.utilization,
        max_model_len=settings.max_model_len or profile.max_model_len,
        stt_weights_gib=_stt_weights(settings.stt_model) if stt_on_card else None,
        tts_batch=None if settings.tts_device == "cpu" else settings.tts_max_batch,
    )


def _llm(settings: Settings, name: str) -> Llm:
    known = KNOWN_LLMS.get(name)
    weights = settings.weights_gib or (known and known.weights_gib)
    per_token = settings.kv_bytes_per_token or (known and known.kv_bytes_per_token)
    if not weights or not per_token:
        raise SettingsError(
            f"LLM_MODEL={name}: its size is not known here. Set LLM_WEIGHTS_GIB (the sum of its "
            "*.safetensors) and LLM_KV_BYTES_PER_TOKEN (from its config.json: 2 x num_hidden_layers x "
            "num_key_value_heads x head_dim x 2)"
        )
    return Llm(name, weights, per_token)


def _stt_weights(model: str) -> float:
    """A model that is not listed is reckoned as the largest Whisper there is."""
    return STT_WEIGHTS_GIB.get(model, STT_WEIGHTS_GIB["large-v3"])
