"""The parts of F5-TTS that speech needs, imported without what only its training and its demos need.

`f5_tts.model` imports the trainer (wandb, accelerate, datasets, ...) and librosa (for another vocoder), about
a gigabyte of packages. Empty stand-ins take their place while it is imported, and are removed afterwards.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from types import ModuleType

import yaml
from vocos import Vocos
from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb


def _unused(*_: object, **__: object) -> None:
    raise RuntimeError("this part of F5-TTS is left out of the speech service")


@contextmanager
def _stand_ins() -> Iterator[None]:
    absent = {"f5_tts.model.trainer": "Trainer"}
    if find_spec("librosa") is None:
        absent |= {"librosa": "filters", "librosa.filters": "mel"}
    for name, attribute in absent.items():
        module = ModuleType(name)
        setattr(module, attribute, _unused)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _stand_ins():
    from f5_tts.model.backbones.dit import DiT, TextEmbedding
    from f5_tts.model.cfm import CFM
    from f5_tts.model.modules import Attention, MelSpec, precompute_freqs_cis
    from f5_tts.model.utils import convert_char_to_pinyin, get_epss_timesteps, lens_to_mask, list_str_to_idx

__all__ = [
    "CFM",
    "Attention",
    "DiT",
    "MelSpec",
    "RotaryEmbedding",
    "TextEmbedding",
    "Vocos",
    "apply_rotary_pos_emb",
    "architecture",
    "convert_char_to_pinyin",
    "get_epss_timesteps",
    "lens_to_mask",
    "list_str_to_idx",
    "precompute_freqs_cis",
]


def architecture(name: str) -> dict[str, object]:
    """DiT's arguments in upstream's own configuration `name`, such as F5TTS_v1_Base."""
    config = yaml.safe_load(files("f5_tts").joinpath(f"configs/{name}.yaml").read_text(encoding="utf-8"))
    arch: dict[str, object] = config["model"]["arch"]
    return arch
