"""Several clauses in one forward pass of F5-TTS, each exactly as if it were alone.

Upstream's sampler takes a batch, too, but (a) lets each clause attend to the padding of the others (2-9 %
off), (b) normalises the text over the padded length, and (c) leaves its text cache set when it fails, so that
the next caller hears the words of the previous one. Here the text is embedded clause by clause, attention is
masked, and the cache lives for one pass.

Each clause keeps its own place on its own schedule. So clauses of any number of steps share a pass, join and
leave between passes, and need nothing from each other but the time.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .upstream import CFM, DiT, lens_to_mask, list_str_to_idx

GUIDANCE = 2.0  # Upstream's default strength of classifier-free guidance.


@dataclass(eq=False)
class Sampling:
    """A clause between noise and speech; all tensors float32 on the model's device, `frames` long.

    The first `prompt` frames belong to the reference voice.
    """

    x: Tensor  # (frames, mels): noise that becomes speech
    condition: Tensor  # (frames, mels): the reference, then zeros
    text: Tensor  # (frames, text width)
    no_text: Tensor  # (frames, text width): the same without words, for the guidance
    times: Tensor  # (steps + 1), see schedule
    prompt: int
    step: int = 0

    @property
    def done(self) -> bool:
        return self.step == len(self.times) - 1

    @property
    def speech(self) -> Tensor:
        """The new mel frames, without the reference."""
        return self.x[self.prompt :]


@torch.inference_mode()
def begin(cfm: CFM, mel: Tensor, tokens: list[str], frames: int, times: Tensor, seed: int) -> Sampling:
    """mel: (n, mels) of the reference; tokens: of reference and clause; frames: in all, more than n.

    The noise comes from a generator of its own on the CPU: a seed gives the same speech on every device and
    disturbs nobody.
    """
    device = cfm.device
    condition = torch.zeros(frames, mel.shape[1], device=device)
    condition[: len(mel)] = mel
    noise = torch.randn(frames, mel.shape[1], generator=torch.Generator().manual_seed(seed))
    ids = list_str_to_idx([tokens], cfm.vocab_char_map).to(device)
    embed = cfm.transformer.text_embed
    return Sampling(
        x=noise.to(device),
        condition=condition,
        text=embed(ids, seq_len=frames)[0],
        no_text=embed(ids, seq_len=frames, drop_text=True)[0],
        times=times.to(device),
        prompt=len(mel),
    )


@torch.inference_mode()
def advance(dit: DiT, samplings: list[Sampling], dtype: torch.dtype = torch.float32) -> None:
    """One step for each of the samplings (at least one, none done), in one forward pass; all or none of them.

    dtype: what matrices are multiplied in; anything else stays float32.
    """
    device = samplings[0].x.device
    lengths = torch.tensor([len(sampling.x) for sampling in samplings], device=device)
    padded = len({len(sampling.x) for sampling in samplings}) > 1
    # Thread-local in upstream. Given here, so that the pass neither embeds the padded text nor keeps it.
    dit.text_cond = _together([sampling.text for sampling in samplings])
    dit.text_uncond = _together([sampling.no_text for sampling in samplings])
    try:
        with _precision(device, dtype):
            flow = dit(
                x=_together([sampling.x for sampling in samplings]),
                cond=_together([sampling.condition for sampling in samplings]),
                text=None,
                time=torch.stack([sampling.times[sampling.step] for sampling in samplings]),
                mask=lens_to_mask(lengths) if padded else None,
                cfg_infer=True,
                cache=True,
            )
    finally:
        dit.clear_cache()
    with_text, without = flow.float().chunk(2)
    flow = with_text + (with_text - without) * GUIDANCE
    for sampling, direction in zip(samplings, flow, strict=True):
        now, then = sampling.times[sampling.step : sampling.step + 2]
        sampling.x = sampling.x + (then - now) * direction[: len(sampling.x)]
        sampling.step += 1


def _together(tensors: list[Tensor]) -> Tensor:
    return pad_sequence(tensors, batch_first=True)


def _precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)
