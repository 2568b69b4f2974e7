"""When the sampler looks: the points in time between noise (0) and speech (1)."""

import torch
from torch import Tensor

from .upstream import get_epss_timesteps

# Steps with an empirically pruned schedule (EPSS, arXiv 2505.19931) in upstream: the fewer, the faster.
QUALITIES = {"fast": 7, "balanced": 12, "best": 16}

_SWAY = -1.0  # Upstream's default: more of the steps near the noise, where the words are decided.


def times(steps: int) -> Tensor:
    """Float32 on the CPU, `steps` + 1 numbers from 0 to 1. @raises ValueError for steps without a schedule"""
    if steps not in QUALITIES.values():
        allowed = ", ".join(f"{count} ({name})" for name, count in QUALITIES.items())
        raise ValueError(f"there is no schedule of {steps} steps; choose one of {allowed}")
    uniform: Tensor = get_epss_timesteps(steps, device="cpu", dtype=torch.float32)
    return uniform + _SWAY * (torch.cos(torch.pi / 2 * uniform) - 1 + uniform)
