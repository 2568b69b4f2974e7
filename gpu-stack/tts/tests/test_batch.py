from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
import tiny
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from sidetone_tts import batch, patch, schedule
from sidetone_tts.attention import heed_padding
from sidetone_tts.batch import Sampling
from sidetone_tts.upstream import CFM, convert_char_to_pinyin, get_epss_timesteps

torch.set_num_threads(1)

# Frames of the reference, frames in all, steps.
MIXED = [(60, 150, 7), (90, 333, 7), (40, 77, 7), (75, 240, 7)]


def model(arch: str = "F5TTS_v1_Base") -> CFM:
    cfm = tiny.cfm(arch)
    patch.extend(cfm, 8192)
    heed_padding(cfm.transformer)
    return cfm


def mel(frames: int) -> Tensor:
    return torch.empty(frames, 100).normal_(-4, generator=torch.Generator().manual_seed(frames))


def tokens(text: str) -> list[str]:
    (out,) = convert_char_to_pinyin([text])
    return list(out)


def text(number: int) -> str:
    return "Это проба номер " + "о" * number + ". Слово за слово."


def begin(cfm: CFM, number: int, steps: int | None = None) -> Sampling:
    prompt, frames, usual = MIXED[number]
    times = schedule.times(steps or usual)
    return batch.begin(cfm, mel(prompt), tokens(text(number)), frames, times, seed=number)


def run(cfm: CFM, samplings: list[Sampling]) -> list[Tensor]:
    while running := [sampling for sampling in samplings if not sampling.done]:
        batch.advance(cfm.transformer, running)
    return [sampling.speech for sampling in samplings]


@contextmanager
def noise(*seeds: int) -> Iterator[None]:
    """Gives upstream, which draws from torch's global generator, the noise of these seeds."""
    generators = iter([torch.Generator().manual_seed(seed) for seed in seeds])
    draw = torch.randn
    with mock.patch("torch.randn", lambda *size, **how: draw(*size, generator=next(generators), **how)):
        yield


def upstream(cfm: CFM, number: int, steps: int) -> Tensor:
    """The same clause by upstream's own sampler, alone."""
    prompt, frames, _ = MIXED[number]
    words = [tokens(text(number))]
    with noise(number):
        out, _ = cfm.sample(
            mel(prompt)[None], words, frames, steps=steps, cfg_strength=2.0, sway_sampling_coef=-1.0
        )
    speech: Tensor = out[0, prompt:]
    return speech


def test_the_tiny_model_hears_and_reads() -> None:
    cfm = model()
    one = run(cfm, [begin(cfm, 0)])[0]
    times = schedule.times(7)
    other_words = batch.begin(cfm, mel(60), tokens("Совсем другое."), 150, times, seed=0)
    other_voice = batch.begin(cfm, mel(61)[:60], tokens(text(0)), 150, times, seed=0)
    for other in run(cfm, [other_words]) + run(cfm, [other_voice]):
        assert (one - other).abs().mean() > 1e-3


@pytest.mark.parametrize("arch", ["F5TTS_Base", "F5TTS_v1_Base"])
@pytest.mark.parametrize("steps", [7, 12, 16])
def test_alone_equal_to_upstream_to_the_bit(arch: str, steps: int) -> None:
    cfm = model(arch)
    (ours,) = run(cfm, [begin(cfm, 1, steps)])
    assert torch.equal(ours, upstream(tiny.cfm(arch), 1, steps))


@pytest.mark.parametrize("arch", ["F5TTS_Base", "F5TTS_v1_Base"])
def test_four_of_mixed_lengths_equal_to_each_alone(arch: str) -> None:
    cfm = model(arch)
    together = run(cfm, [begin(cfm, number) for number in range(4)])
    for number, ours in enumerate(together):
        torch.testing.assert_close(ours, upstream(cfm, number, 7), atol=1e-5, rtol=0)


def test_a_mask_is_one_row_for_each_clause() -> None:
    cfm, sizes = model(), []
    attend = torch.nn.functional.scaled_dot_product_attention

    def watched(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor) -> Tensor:
        sizes.append(attn_mask.numel())
        return attend(query, key, value, attn_mask=attn_mask)

    with mock.patch("torch.nn.functional.scaled_dot_product_attention", watched):
        batch.advance(cfm.transformer, [begin(cfm, number) for number in range(4)])
    # Two layers; each clause with and without its words, as long as the longest.
    assert sizes == [2 * 4 * 333] * 2


@pytest.mark.parametrize("masked", [False, True])
def test_upstream_batch_is_not_equal(masked: bool) -> None:
    cfm = tiny.cfm()
    alone = [upstream(cfm, number, 7) for number in range(4)]
    if masked:
        for block in cfm.transformer.transformer_blocks:
            block.attn.processor.attn_mask_enabled = True
    prompts, frames, _ = zip(*MIXED, strict=True)
    with noise(*range(4)):
        together, _ = cfm.sample(
            pad_sequence([mel(prompt) for prompt in prompts], batch_first=True),
            [tokens(text(number)) for number in range(4)],
            torch.tensor(frames),
            lens=torch.tensor(prompts),
            steps=7,
            cfg_strength=2.0,
            sway_sampling_coef=-1.0,
        )
    off = max((together[i, prompts[i] : frames[i]] - alone[i]).abs().max().item() for i in range(4))
    assert off > 1e-4


def test_clauses_of_other_steps_join_and_leave_without_being_heard() -> None:
    cfm = model()
    first, second, third = begin(cfm, 0, 12), begin(cfm, 1, 7), begin(cfm, 2, 16)
    batch.advance(cfm.transformer, [first])
    batch.advance(cfm.transformer, [first, second])
    batch.advance(cfm.transformer, [first, second, third])
    del second  # cancelled
    for sampling, speech in zip((0, 2), run(cfm, [first, third]), strict=True):
        steps = {0: 12, 2: 16}[sampling]
        torch.testing.assert_close(speech, upstream(cfm, sampling, steps), atol=1e-5, rtol=0)


def test_global_randomness_is_left_alone() -> None:
    cfm = model()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, same = run(cfm, [begin(cfm, 0)]), run(cfm, [begin(cfm, 0)])
    assert torch.equal(one[0], same[0])
    assert torch.equal(torch.get_rng_state(), before)


@contextmanager
def failing_in_second_step(cfm: CFM) -> Iterator[None]:
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("the card is gone")

    handle = cfm.transformer.proj_out.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="the card is gone"):
        yield
    handle.remove()


def test_upstream_speaks_the_previous_text_after_an_exception() -> None:
    cfm = tiny.cfm()
    expected = upstream(cfm, 0, 7)
    words = [tokens("Совсем другой текст.")]
    with failing_in_second_step(cfm):
        cfm.sample(mel(60)[None], words, 150, steps=7, cfg_strength=2.0, sway_sampling_coef=-1.0)
    with noise(0):
        other, _ = tiny.cfm().sample(
            mel(60)[None], words, 150, steps=7, cfg_strength=2.0, sway_sampling_coef=-1.0
        )
    heard = upstream(cfm, 0, 7)
    assert not torch.equal(heard, expected)
    assert torch.equal(heard, other[0, 60:])


def test_ours_does_not() -> None:
    cfm = model()
    expected = upstream(cfm, 0, 7)
    other = batch.begin(cfm, mel(60), tokens("Совсем другой текст."), 150, schedule.times(7), seed=0)
    with failing_in_second_step(cfm):
        run(cfm, [other])
    assert cfm.transformer.text_cond is None and cfm.transformer.text_uncond is None
    assert torch.equal(upstream(cfm, 0, 7), expected)
    assert torch.equal(run(cfm, [begin(cfm, 0)])[0], expected)


def test_a_failed_pass_moves_nobody() -> None:
    cfm = model()
    samplings = [begin(cfm, 0), begin(cfm, 1)]
    with failing_in_second_step(cfm):
        run(cfm, samplings)
    assert [sampling.step for sampling in samplings] == [1, 1]
    for number, ours in enumerate(run(cfm, samplings)):
        torch.testing.assert_close(ours, upstream(cfm, number, 7), atol=1e-5, rtol=0)


@pytest.mark.parametrize("steps", [7, 12, 16])
def test_schedules_are_pruned_and_run_from_noise_to_speech(steps: int) -> None:
    times = schedule.times(steps)
    assert len(times) == steps + 1
    torch.testing.assert_close(times[[0, -1]], torch.tensor([0.0, 1.0]))
    assert (times.diff() > 0).all()
    # Upstream answers with equal distances where it has no schedule.
    pruned = get_epss_timesteps(steps, device="cpu", dtype=torch.float32)
    assert not torch.allclose(pruned, torch.linspace(0, 1, steps + 1))


def test_steps_without_a_schedule_are_refused() -> None:
    with pytest.raises(ValueError, match=r"8 steps; choose one of 7 \(fast\), 12 \(balanced\), 16 \(best\)"):
        schedule.times(8)
