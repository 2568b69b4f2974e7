"""A tiny random F5-TTS with its vocoder, in the files that `load` takes: real code, half a second of work.

Upstream sets many layers to zero at first. With those a new model gives the same for every input, and a test
of equality says nothing; so they are random here.
"""

import json
import string
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from sidetone_tts.checkpoint import Checkpoint
from sidetone_tts.model import SAMPLE_RATE, Audio, Clause, F5Model, Reference, load
from sidetone_tts.upstream import CFM, DiT, Vocos, architecture

# Some of the configuration's settings, and the sizes of a real model divided by sixteen or more.
_SIZES = {"dim": 64, "depth": 2, "heads": 2, "dim_head": 32, "text_dim": 32, "conv_layers": 2}

TOKENS = [*" !\"',-.:?+", *string.digits, *string.ascii_lowercase, *map(chr, range(ord("А"), ord("ё") + 1))]

_MEL = {"sample_rate": 24000, "n_fft": 1024, "hop_length": 256, "n_mels": 100, "padding": "center"}
_VOCOS = {
    "feature_extractor": {"class_path": "vocos.feature_extractors.MelSpectrogramFeatures", "init_args": _MEL},
    "backbone": {
        "class_path": "vocos.models.VocosBackbone",
        "init_args": {"input_channels": 100, "dim": 32, "intermediate_dim": 64, "num_layers": 2},
    },
    "head": {
        "class_path": "vocos.heads.ISTFTHead",
        "init_args": {"dim": 32, "n_fft": 1024, "hop_length": 256, "padding": "center"},
    },
}


def write(folder: Path, arch: str = "F5TTS_v1_Base") -> Checkpoint:
    """The files, always the same ones."""
    weights, vocab, vocoder = folder / "model.safetensors", folder / "vocab.txt", folder / "vocos"
    vocoder.mkdir(parents=True)
    vocab.write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    state = cfm(arch).state_dict()
    save_file({f"ema_model.{name}": tensor.contiguous() for name, tensor in state.items()}, weights)
    (vocoder / "config.yaml").write_text(json.dumps(_VOCOS), encoding="utf-8")
    torch.manual_seed(3)
    torch.save(Vocos.from_hparams(str(vocoder / "config.yaml")).state_dict(), vocoder / "pytorch_model.bin")
    return Checkpoint(arch, weights, vocab, vocoder)


def cfm(arch: str = "F5TTS_v1_Base") -> CFM:
    """Upstream's own model, unpatched, without zeros."""
    torch.manual_seed(0)
    dit = DiT(**{**architecture(arch), **_SIZES}, text_num_embeds=len(TOKENS), mel_dim=100)
    with torch.no_grad():
        for parameter in dit.parameters():
            if not parameter.any():
                parameter.normal_(std=0.2 if parameter.ndim > 1 else 0.05)
    return CFM(dit, vocab_char_map={token: number for number, token in enumerate(TOKENS)}).eval()


def model(folder: Path, arch: str = "F5TTS_v1_Base") -> F5Model:
    torch.set_num_threads(1)
    return load(write(folder, arch), "cpu")


def tone(seconds: float, hertz: float = 220.0) -> Audio:
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def voice(f5: F5Model, seconds: float = 1.0, text: str = "Это пример.") -> Reference:
    return f5.reference(tone(seconds), text)


def clause(voice: Reference, text: str = "Слово за слово.") -> Clause:
    return Clause(voice, text, seed=1, steps=7)
