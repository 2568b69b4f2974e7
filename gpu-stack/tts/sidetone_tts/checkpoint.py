"""Which voice model speaks: its files, named exactly, fetched and verified.

F5TTS_Base and F5TTS_v1_Base have the same tensors in the same shapes: the wrong one of the two loads without
a word and speaks badly. So the architecture is always said, and refused where a name says otherwise.
"""

from dataclasses import dataclass
from pathlib import Path

from sidetone_common import logs, models
from sidetone_common.models import ModelFile

log = logs.get("checkpoint")

ARCHITECTURES = ("F5TTS_Base", "F5TTS_v1_Base")

# Repositories whose file names do not tell.
_ARCHITECTURE_OF = {"hotstone228/F5-TTS-Russian": "F5TTS_Base", "Misha24-10/F5-TTS_RUSSIAN": "F5TTS_v1_Base"}

_LICENCES = {
    "Misha24-10/F5-TTS_RUSSIAN": "CC-BY-NC-4.0: not for commercial use",
    "SWivid/F5-TTS": "CC-BY-NC-4.0: not for commercial use",
    "charactr/vocos-mel-24khz": "MIT",
}


class CheckpointError(Exception):
    """Why the voice model cannot be used, and what to do; for the person who starts the service."""


@dataclass(frozen=True)
class Checkpoint:
    """Files on disk.

    arch: one of ARCHITECTURES. vocoder: a folder with the config.yaml and pytorch_model.bin of Vocos.
    """

    arch: str
    weights: Path
    vocab: Path
    vocoder: Path


@dataclass(frozen=True)
class Source:
    """Where a checkpoint comes from."""

    arch: str
    weights: ModelFile
    vocab: ModelFile


_RUSSIAN = "Misha24-10/F5-TTS_RUSSIAN", "4f5ee5def0435265fe6ecf2143df2ef26d926b62"
_VOCOS = "charactr/vocos-mel-24khz", "0feb3fdd929bcd6649e0e7c5a688cf7dd012ef21"

RUSSIAN = Source(
    "F5TTS_v1_Base",
    ModelFile(_RUSSIAN[0], "F5TTS_v1_Base_v2/model_last_inference.safetensors", _RUSSIAN[1], None),
    ModelFile(_RUSSIAN[0], "F5TTS_v1_Base/vocab.txt", _RUSSIAN[1], None),
)

VOCODER = tuple(
    ModelFile(_VOCOS[0], file, _VOCOS[1], sha256)
    for file, sha256 in (
        ("config.yaml", "da9033922f969a47f0c160010226919e59f27761fd5066f3828d46de6650b0fc"),
        ("pytorch_model.bin", "97ec976ad1fd67a33ab2682d29c0ac7df85234fae875aefcc5fb215681a91b2a"),
    )
)


def obtain(source: Source, folder: Path, *, token: str | None, endpoint: str = models.HUB) -> Checkpoint:
    """Downloads what is not cached below `folder`, and verifies it; says the licences in the log.

    Another checkpoint is never taken instead: the English base speaks fluent nonsense in Russian.
    @raises CheckpointError, models.ModelError
    """
    require_architecture(source.arch, f"{source.weights.repo}/{source.weights.file}")
    for repo in dict.fromkeys((source.weights.repo, source.vocab.repo, VOCODER[0].repo)):
        licence = _LICENCES.get(repo, "not known here: read its page")
        log.info("model.licensed", repo=repo, licence=licence, page=f"{endpoint}/{repo}")
    weights, vocab, config, _ = (
        models.obtain(file, folder, token=token, endpoint=endpoint)
        for file in (source.weights, source.vocab, *VOCODER)
    )
    return Checkpoint(source.arch, weights, vocab, config.parent)


def require_architecture(arch: str, name: str) -> None:
    """@raises CheckpointError for an unknown architecture, or one that `name` (repository, file) denies"""
    if arch not in ARCHITECTURES:
        raise CheckpointError(f"{arch!r} is no architecture of F5-TTS; it is {' or '.join(ARCHITECTURES)}")
    # "F5TTS_Base" is no part of "F5TTS_v1_Base", so a name says one of them or none.
    said = next((known for known in ARCHITECTURES if known in name), None)
    said = said or next((known for repo, known in _ARCHITECTURE_OF.items() if name.startswith(repo)), None)
    if said and said != arch:
        raise CheckpointError(
            f"{name} is a checkpoint of {said}, but the architecture was set to {arch}. It would load "
            f"without an error and speak badly. Set the architecture to {said}, or take another checkpoint."
        )


def require_file(file: Path) -> Path:
    """@raises CheckpointError for a file that is not there"""
    if not file.is_file():
        raise CheckpointError(
            f"{file} is missing, and nothing else is taken instead. Let the service download it (HF_TOKEN, "
            "network), or put the file there by hand."
        )
    return file
