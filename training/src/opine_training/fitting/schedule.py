from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opine_training.config.schedule import ScheduleConfig


def learning_rate(peak: float, config: ScheduleConfig, epoch: float, epochs: int) -> float:
    """The rate after so many epochs, fractions included, of all."""
    match config.kind:
        case "one_cycle":
            return peak * one_cycle(epoch / epochs, config.warmup)
        case "cyclical":
            return config.lowest + (peak - config.lowest) * triangle(epoch / config.step_epochs)
        case "step":
            return peak * 0.5 ** math.floor(epoch / config.step_epochs)
        case "constant":
            return peak


def one_cycle(share: float, warmup: float) -> float:
    """Factor after a share of all steps: a linear rise, then a cosine to zero."""
    if share < warmup:
        return share / warmup
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


def triangle(half_cycles: float) -> float:
    """0 at even, 1 at odd numbers of half cycles, straight in between."""
    return 1 - abs(half_cycles % 2 - 1)
