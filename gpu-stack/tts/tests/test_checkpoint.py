import io
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import tiny

from sidetone_common import logs
from sidetone_common.models import ModelError, ModelFile
from sidetone_tts import checkpoint
from sidetone_tts.checkpoint import RUSSIAN, VOCODER, Checkpoint, CheckpointError, Source
from sidetone_tts.model import load

OFFLINE = "http://127.0.0.1:9"


@pytest.fixture
def files(tmp_path: Path) -> Checkpoint:
    return tiny.write(tmp_path / "tiny")


@pytest.mark.parametrize(
    ("arch", "name"),
    [
        ("F5TTS_Base", "F5TTS_v1_Base_v2/model_last_inference.safetensors"),
        ("F5TTS_v1_Base", "SWivid/F5-TTS/F5TTS_Base/model_1200000.safetensors"),
        ("F5TTS_v1_Base", "hotstone228/F5-TTS-Russian/model_last.safetensors"),
        ("F5TTS_Base", "Misha24-10/F5-TTS_RUSSIAN/anything.safetensors"),
    ],
)
def test_a_name_that_says_another_architecture_is_refused(arch: str, name: str) -> None:
    with pytest.raises(CheckpointError, match=f"but the architecture was set to {arch}"):
        checkpoint.require_architecture(arch, name)
    (other,) = set(checkpoint.ARCHITECTURES) - {arch}
    checkpoint.require_architecture(other, name)


def test_only_the_two_architectures_are_known() -> None:
    with pytest.raises(CheckpointError, match="F5TTS_Base or F5TTS_v1_Base"):
        checkpoint.require_architecture("E2TTS_Base", "model.safetensors")


def test_both_architectures_load_the_same_file_and_speak_otherwise(files: Checkpoint) -> None:
    """Why the name has to be believed: nothing in the file tells."""
    v1, base = (load(replace(files, arch=arch), "cpu") for arch in ("F5TTS_v1_Base", "F5TTS_Base"))
    spoken = []
    for f5 in (v1, base):
        sampling = f5.begin(tiny.clause(tiny.voice(f5)))
        f5.advance([sampling])
        spoken.append(sampling.speech)
    assert (spoken[0] - spoken[1]).abs().max() > 1e-3


def test_load_refuses_the_wrong_architecture_by_the_folder(files: Checkpoint, tmp_path: Path) -> None:
    named = tmp_path / "F5TTS_Base" / "model.safetensors"
    named.parent.mkdir()
    shutil.copy(files.weights, named)
    with pytest.raises(CheckpointError, match="is a checkpoint of F5TTS_Base"):
        load(replace(files, weights=named), "cpu")


def test_a_missing_file_is_named_and_nothing_taken_instead(files: Checkpoint) -> None:
    gone = files.weights.with_name("gone.safetensors")
    for incomplete in (
        replace(files, weights=gone),
        replace(files, vocab=gone),
        replace(files, vocoder=gone),
    ):
        with pytest.raises(CheckpointError, match=r"gone.* is missing, and nothing else is taken instead"):
            load(incomplete, "cpu")


def cached(source: Source, folder: Path, given: Checkpoint) -> None:
    """Puts files where a download would have put them."""
    files = (given.weights, given.vocab, given.vocoder / "config.yaml", given.vocoder / "pytorch_model.bin")
    for model, file in zip((source.weights, source.vocab, *VOCODER), files, strict=True):
        place = model.path(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def test_cached_files_are_verified_and_their_licences_said(
    files: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exact(model: ModelFile, file: Path) -> ModelFile:
        return replace(model, sha256=sha256(file.read_bytes()).hexdigest())

    vocoder = tuple(exact(model, files.vocoder / model.file) for model in VOCODER)
    monkeypatch.setattr(checkpoint, "VOCODER", vocoder)
    source = Source(RUSSIAN.arch, exact(RUSSIAN.weights, files.weights), exact(RUSSIAN.vocab, files.vocab))
    cached(source, tmp_path / "cache", files)
    written = io.StringIO()
    logs.configure("tts", texts=False, stream=written)
    found = checkpoint.obtain(source, tmp_path / "cache", token=None, endpoint=OFFLINE)
    load(found, "cpu")
    assert "CC-BY-NC-4.0" in written.getvalue() and "charactr/vocos-mel-24khz" in written.getvalue()


def test_a_cached_file_of_another_content_fails_closed(files: Checkpoint, tmp_path: Path) -> None:
    source = replace(RUSSIAN, weights=replace(RUSSIAN.weights, sha256="0" * 64))
    cached(source, tmp_path / "cache", files)
    with pytest.raises(ModelError, match="is another file"):
        checkpoint.obtain(source, tmp_path / "cache", token=None, endpoint=OFFLINE)


def test_a_contradiction_is_found_before_anything_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="was set to F5TTS_Base"):
        checkpoint.obtain(replace(RUSSIAN, arch="F5TTS_Base"), tmp_path, token=None, endpoint=OFFLINE)
