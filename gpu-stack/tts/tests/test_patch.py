import copy

import pytest
import tiny
import torch

from sidetone_tts import patch
from sidetone_tts.upstream import CFM, TextEmbedding, precompute_freqs_cis

TOKENS = torch.arange(20)[None]


@pytest.fixture
def cfm() -> CFM:
    return tiny.cfm()


def embedding(cfm: CFM) -> TextEmbedding:
    return cfm.transformer.text_embed


def test_upstream_breaks_above_8192_frames(cfm: CFM) -> None:
    assert embedding(cfm)(TOKENS, seq_len=8192).shape[1] == 8192
    with pytest.raises(RuntimeError, match="8193"):
        embedding(cfm)(TOKENS, seq_len=8193)
    with pytest.raises(RuntimeError, match="8193"):
        cfm.sample(torch.randn(1, 10, 100), [list("да")], 8193, steps=1)


def test_patched_embeds_and_samples_above_8192_frames(cfm: CFM) -> None:
    patch.extend(cfm, 12_000)
    for frames in (8193, 12_000):
        out = embedding(cfm)(TOKENS, seq_len=frames)
        assert out.shape[1] == frames and out.isfinite().all()
    out, _ = cfm.sample(torch.randn(1, 10, 100), [list("да")], 8193, steps=1, cfg_strength=2.0)
    assert out.shape == (1, 8193, 100) and out.isfinite().all()


def test_what_worked_before_is_the_same_to_the_bit(cfm: CFM) -> None:
    table = embedding(cfm).freqs_cis.clone()
    embedded = embedding(cfm)(TOKENS, seq_len=8192)
    keys = set(cfm.state_dict())
    patch.extend(cfm, 12_000)
    assert torch.equal(embedding(cfm).freqs_cis[:8192], table)
    assert embedding(cfm).freqs_cis.dtype == torch.float32
    assert torch.equal(embedding(cfm)(TOKENS, seq_len=8192), embedded)
    assert set(cfm.state_dict()) == keys
    assert not any("freqs_cis" in key for key in keys)
    cfm.load_state_dict(copy.deepcopy(cfm).state_dict())


def test_twice_is_once(cfm: CFM) -> None:
    patch.extend(cfm, 12_000)
    table = embedding(cfm).freqs_cis
    patch.extend(cfm, 12_000)
    patch.extend(cfm, 9_000)
    assert embedding(cfm).freqs_cis is table
    patch.extend(cfm, 12_001)
    assert len(embedding(cfm).freqs_cis) == 12_001


def test_survives_half_and_back(cfm: CFM) -> None:
    unpatched = copy.deepcopy(cfm).half().float()
    patch.extend(cfm, 12_000)
    table, frequencies = embedding(cfm).freqs_cis.clone(), cfm.transformer.rotary_embed.inv_freq.clone()
    cfm.half()
    assert embedding(cfm).freqs_cis.dtype == torch.float16
    assert torch.equal(embedding(cfm).freqs_cis, table.half())
    assert cfm.transformer.rotary_embed.inv_freq.dtype == torch.float32
    cfm.float()
    assert torch.equal(embedding(cfm).freqs_cis, table)
    assert torch.equal(cfm.transformer.rotary_embed.inv_freq, frequencies)
    # Without the patch neither comes back, so the lines above can fail.
    assert not torch.equal(embedding(unpatched).freqs_cis, table[:8192])
    assert not torch.equal(unpatched.transformer.rotary_embed.inv_freq, frequencies)


def test_a_model_cast_before_is_repaired_or_refused(cfm: CFM) -> None:
    half = copy.deepcopy(cfm).half()
    patch.extend(half, 12_000)
    assert torch.equal(embedding(half.float()).freqs_cis, precompute_freqs_cis(32, 12_000))
    with pytest.raises(patch.PatchError, match="before it is cast"):
        patch.extend(cfm.half().float(), 12_000)


def test_refuses_a_complex_table_that_upstream_dies_of(cfm: CFM) -> None:
    table = torch.polar(torch.ones(8192, 32), torch.ones(8192, 32))
    embedding(cfm).register_buffer("freqs_cis", table, persistent=False)
    with pytest.raises(RuntimeError, match="Input type"):
        embedding(cfm)(TOKENS, seq_len=100)
    with pytest.raises(patch.PatchError, match="Input type complex"):
        patch.extend(cfm, 12_000)


def test_refuses_an_interleaved_table(cfm: CFM) -> None:
    table = embedding(cfm).freqs_cis.reshape(8192, 2, 16).transpose(1, 2).reshape(8192, 32)
    embedding(cfm).register_buffer("freqs_cis", table, persistent=False)
    with pytest.raises(patch.PatchError, match="not what upstream computes"):
        patch.extend(cfm, 12_000)


def test_refuses_other_frequencies(cfm: CFM) -> None:
    cfm.transformer.rotary_embed.inv_freq *= 2
    with pytest.raises(patch.PatchError, match="frequencies"):
        patch.extend(cfm, 12_000)


@pytest.mark.parametrize(
    ("package", "version"), [("f5-tts", "1.1.19"), ("f5-tts", "1.1.23"), ("x-transformers", "3.0.0")]
)
def test_refuses_an_unknown_upstream(package: str, version: str) -> None:
    known = {"f5-tts": "1.1.22", "x-transformers": "2.31.10"}
    patch.require_known_upstream(known.__getitem__)
    with pytest.raises(patch.PatchError, match=f"{package} {version} is installed"):
        patch.require_known_upstream((known | {package: version}).__getitem__)


def test_the_installed_upstream_is_known() -> None:
    patch.require_known_upstream()
