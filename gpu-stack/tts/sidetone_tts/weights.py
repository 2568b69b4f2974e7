"""From the files of a checkpoint to modules of F5-TTS, in float32 and on the CPU."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .checkpoint import Checkpoint, CheckpointError, require_file
from .upstream import CFM, DiT, Vocos, architecture


def build_model(checkpoint: Checkpoint) -> CFM:
    """@raises CheckpointError"""
    vocabulary, weights = read_vocabulary(checkpoint.vocab), read_weights(checkpoint.weights)
    try:
        arch = architecture(checkpoint.arch) | sizes(weights)
        entries = len(weights["transformer.text_embed.text_embed.weight"]) - 1
    except KeyError as error:
        reason = f"it has no {error.args[0]}"
        raise CheckpointError(f"{checkpoint.weights} is no F5-TTS model: {reason}") from error
    if entries != len(vocabulary):
        raise CheckpointError(
            f"{checkpoint.vocab} has {len(vocabulary)} entries, but {checkpoint.weights} was trained with "
            f"{entries}: take the vocab.txt that belongs to it"
        )
    cfm = CFM(DiT(**arch, text_num_embeds=entries, mel_dim=100), vocab_char_map=vocabulary)
    try:
        cfm.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{checkpoint.weights} does not fit {checkpoint.arch}: {reason}") from error
    return cfm


def build_vocoder(checkpoint: Checkpoint) -> Vocos:
    """@raises CheckpointError"""
    config = require_file(checkpoint.vocoder / "config.yaml")
    weights = require_file(checkpoint.vocoder / "pytorch_model.bin")
    vocoder = Vocos.from_hparams(str(config))
    vocoder.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return vocoder.eval()


def sizes(weights: dict[str, Tensor]) -> dict[str, int]:
    """The arguments of DiT that the weights themselves tell. @raises KeyError for those of another model"""
    width = len(weights["transformer.norm_out.linear.weight"].T)
    inner = len(weights["transformer.transformer_blocks.0.attn.to_q.weight"])
    hidden = len(weights["transformer.transformer_blocks.0.ff.ff.0.0.weight"])
    head = 2 * len(weights["transformer.rotary_embed.inv_freq"])
    return {
        "dim": width,
        "depth": _count(weights, "transformer.transformer_blocks."),
        "heads": inner // head,
        "dim_head": head,
        "ff_mult": hidden // width,
        "text_dim": weights["transformer.text_embed.text_embed.weight"].shape[1],
        "conv_layers": _count(weights, "transformer.text_embed.text_blocks."),
    }


def _count(weights: dict[str, Tensor], prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in weights if name.startswith(prefix)})


def read_vocabulary(file: Path) -> dict[str, int]:
    """Token to its number; the last is whole also without a final newline, where upstream cuts it short."""
    with require_file(file).open(encoding="utf-8") as lines:
        vocabulary = {line.removesuffix("\n"): number for number, line in enumerate(lines)}
    if vocabulary.get(" ") != 0:
        raise CheckpointError(f"{file} is no vocabulary of F5-TTS: its first line is not a single space")
    return vocabulary


def read_weights(file: Path) -> dict[str, Tensor]:
    """The weights under the names that CFM gives them, in float32, on the CPU."""
    if file.suffix != ".safetensors":
        raise CheckpointError(
            f"{file} is not a .safetensors file. Others may run code when they are opened; take the file "
            "that the repository offers for inference, or convert it once with the tools of safetensors."
        )
    try:
        stored = load_file(require_file(file))
    except SafetensorError as error:
        raise CheckpointError(f"{file} cannot be read ({error}). Delete it and start again.") from error
    weights = {name.removeprefix("ema_model."): tensor for name, tensor in stored.items()}
    # The trainer leaves counters beside the model, and old versions parts of the spectrogram.
    return {name: tensor.float() for name, tensor in weights.items() if name.startswith("transformer.")}
