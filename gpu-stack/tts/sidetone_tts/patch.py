"""Two changes to F5-TTS: positions for text longer than 87 seconds, and exact tables in half precision.

- Upstream's table of text positions has 8192 rows (dit.py, TextEmbedding), but its sampler allows 65536
  frames (cfm.py): everything above 8192 frames ends in a shape error.
- `.half()` rounds that table and the frequencies of the rotary embedding, which are multiplied with
  positions: angles are wrong by up to 2.2 radians at 4096 frames. `.float()` does not bring them back.

Both are cured by computing the tables again, in float32 and with upstream's own function, whenever the module
is cast or moved. The source of 1.1.20, 1.1.21 and 1.1.22 is the same in everything touched here.
"""

from collections.abc import Callable
from importlib.metadata import version as installed_version

import torch
from packaging.specifiers import SpecifierSet
from torch import Tensor, nn

from .upstream import RotaryEmbedding, TextEmbedding, precompute_freqs_cis

KNOWN = {"f5-tts": SpecifierSet(">=1.1.20,<=1.1.22"), "x-transformers": SpecifierSet(">=2.31.10,<2.32")}


class PatchError(Exception):
    """This F5-TTS is not the one that the patch was written for."""


def require_known_upstream(version: Callable[[str], str] = installed_version) -> None:
    """@raises PatchError unless the installed versions are those that the patch was tried with"""
    for package, known in KNOWN.items():
        found = version(package)
        if found not in known:
            raise PatchError(
                f"{package} {found} is installed, but the long-text patch is known to hold for {known} only. "
                "Install one of those; or read sidetone_tts/patch.py beside the new source, widen KNOWN, and "
                "run its tests."
            )


def extend(model: nn.Module, max_frames: int) -> None:
    """Gives `model` (a CFM or DiT, weights already loaded in float32) positions for `max_frames` mel frames.

    A second call with the same length changes nothing. @raises PatchError for an upstream or a model that is
    not what the patch expects: an unknown table would be replaced by a wrong one, and speech would suffer.
    """
    require_known_upstream()
    embeddings = [module for module in model.modules() if isinstance(module, TextEmbedding)]
    if len(embeddings) != 1 or not embeddings[0].extra_modeling:
        raise PatchError("the model has no table of text positions where F5-TTS has one")
    text = embeddings[0]
    _require_upstream_table(text.freqs_cis, width=text.text_embed.weight.shape[1])
    if len(text.freqs_cis) < max_frames:
        text.__class__ = LongTextEmbedding
        text.precompute_max_pos = max_frames
        text.recompute()
    for module in model.modules():
        if isinstance(module, RotaryEmbedding) and not isinstance(module, ExactRotaryEmbedding):
            module.__class__ = ExactRotaryEmbedding
            module.recompute()


def _require_upstream_table(table: Tensor, width: int) -> None:
    if table.is_complex():
        raise PatchError(
            f"the table of text positions is complex ({table.dtype}). Upstream's is real, cosines beside "
            'sines; with complex numbers speech ends in "Input type complex...". Another patch put it there: '
            "remove that one."
        )
    if table.ndim != 2 or table.shape[1] != width:
        raise PatchError(f"the table of text positions has the unexpected shape {tuple(table.shape)}")
    if not torch.equal(table.cpu(), precompute_freqs_cis(width, len(table)).to(table.dtype)):
        raise PatchError(
            "the table of text positions is not what upstream computes: it was rounded (patch the model "
            "before it is cast) or replaced by another patch"
        )


class LongTextEmbedding(TextEmbedding):  # type: ignore[misc]  # upstream has no types
    """Upstream's, with `precompute_max_pos` rows that are computed anew after each cast or move."""

    def recompute(self) -> None:
        weight = self.text_embed.weight
        table = precompute_freqs_cis(weight.shape[1], self.precompute_max_pos)
        self.register_buffer("freqs_cis", table.to(weight.device, weight.dtype), persistent=False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "LongTextEmbedding":
        super()._apply(fn, recurse)
        self.recompute()
        return self


class ExactRotaryEmbedding(RotaryEmbedding):  # type: ignore[misc]  # upstream has no types
    """Upstream's, with frequencies that stay float32 in a model of any type."""

    def recompute(self) -> None:
        exact = RotaryEmbedding(2 * len(self.inv_freq)).inv_freq
        if not torch.allclose(self.inv_freq.float().cpu(), exact, rtol=2e-3, atol=1e-6):
            raise PatchError("the rotary embedding has frequencies that F5-TTS does not use")
        self.register_buffer("inv_freq", exact.to(self.inv_freq.device))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "ExactRotaryEmbedding":
        super()._apply(fn, recurse)
        self.recompute()
        return self
