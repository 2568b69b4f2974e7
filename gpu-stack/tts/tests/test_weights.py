from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from sidetone_tts import weights
from sidetone_tts.checkpoint import Checkpoint, CheckpointError
from sidetone_tts.model import load
from sidetone_tts.upstream import CFM, DiT, architecture


@pytest.fixture
def files(tmp_path: Path) -> Checkpoint:
    return tiny.write(tmp_path / "tiny")


def test_the_sizes_of_a_full_model_are_those_of_its_configuration() -> None:
    named = architecture("F5TTS_v1_Base")
    with torch.device("meta"):
        cfm = CFM(DiT(**named, text_num_embeds=2545, mel_dim=100))
    found = weights.sizes(cfm.state_dict())
    assert found == {name: named[name] for name in found if name != "dim_head"} | {"dim_head": 64}


@pytest.mark.parametrize("ending", ["\n", ""])
def test_the_last_token_is_whole_with_and_without_a_final_newline(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text(" \nа\nzhong1" + ending, encoding="utf-8")
    assert weights.read_vocabulary(file) == {" ": 0, "а": 1, "zhong1": 2}


def test_other_texts_are_no_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text("<html>\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match="no vocabulary"):
        weights.read_vocabulary(file)


def test_the_vocabulary_of_another_checkpoint_is_refused(files: Checkpoint) -> None:
    files.vocab.write_text(files.vocab.read_text(encoding="utf-8") + "ђ\n", encoding="utf-8")
    size = len(tiny.TOKENS)
    with pytest.raises(CheckpointError, match=f"has {size + 1} entries, but .* was trained with {size}"):
        load(files, "cpu")


def test_weights_that_are_damaged_or_of_something_else_are_refused(files: Checkpoint) -> None:
    good = load_file(files.weights)
    save_file({"a": torch.zeros(1)}, files.weights)
    with pytest.raises(CheckpointError, match="is no F5-TTS model"):
        load(files, "cpu")
    good.pop("ema_model.transformer.norm_out.linear.bias")
    save_file(good, files.weights)
    with pytest.raises(CheckpointError, match=r"does not fit F5TTS_v1_Base.*norm_out.linear.bias"):
        load(files, "cpu")
    files.weights.write_bytes(files.weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="Delete it and start again"):
        load(files, "cpu")
    pickled = files.weights.with_suffix(".pt")
    pickled.touch()
    with pytest.raises(CheckpointError, match=r"not a \.safetensors file"):
        load(replace(files, weights=pickled), "cpu")


def test_weights_stay_as_exact_as_they_were_saved(files: Checkpoint) -> None:
    saved = load_file(files.weights)
    read = weights.read_weights(files.weights)
    assert all(torch.equal(read[name.removeprefix("ema_model.")], tensor) for name, tensor in saved.items())
    # What a trainer and an old version of F5-TTS left there.
    old = {
        **{name: tensor.half() for name, tensor in saved.items()},
        "initted": torch.ones(1),
        "step": torch.ones(1),
        "ema_model.mel_spec.mel_stft.mel_scale.fb": torch.ones(1),
    }
    save_file(old, files.weights)
    again = weights.read_weights(files.weights)
    assert again.keys() == read.keys()
    assert {tensor.dtype for tensor in again.values()} == {torch.float32}
