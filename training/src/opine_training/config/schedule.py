from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from opine_training.config.checks import require_positive, require_shares

ScheduleKind = Literal["one_cycle", "cyclical", "step", "constant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConfig:
    kind: ScheduleKind = "one_cycle"
    """`one_cycle` rises and falls once (Smith and Topin 2018), `cyclical` is the triangle of Smith 2017, `step` halves
    the rate again and again as in 2019."""
    warmup: float = 0.1
    """Share of all steps until the peak of one_cycle."""
    lowest: float = 1.7e-3
    """Lower corner of the cyclical triangle; the learning rate is the upper one."""
    step_epochs: float = 3.0
    """Epochs until `step` halves the rate; half a cycle of `cyclical`."""

    def __post_init__(self) -> None:
        require_shares(self, "warmup")
        require_positive(self, "lowest", "step_epochs")
