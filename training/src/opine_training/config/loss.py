from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  tyro and pydantic ask for the type
from typing import Literal

from opine_training.config.checks import require_positive, require_shares

LossKind = Literal["cross_entropy", "focal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    kind: LossKind = "cross_entropy"
    """`focal` (Lin et al. 2017) looks away from what is already right."""
    label_smoothing: float = 0.05
    """Share of the target spread evenly over the classes; of the cross entropy only."""
    gamma: float = 2.0
    """How far the focal loss looks away; 0 is the cross entropy."""
    alpha: float = 1.0
    """A constant factor of the focal loss, as in 2019."""
    class_balance: float = 0.5
    """A text weighs frequency ** -class_balance of its class: 0 leaves the classes as they come, 1 balances them."""
    soft_targets: Path | None = None
    """A teacher's logits as `opine_training.fitting.soft_targets` reads them."""
    soft_weight: float = 0.0
    """Share of a teacher's opinion in the loss (Hinton et al. 2015), where there is one of the text."""
    soft_temperature: float = 2.0
    """Both distributions are softened by it before they are compared."""

    def __post_init__(self) -> None:
        require_shares(self, "label_smoothing", "soft_weight")
        require_positive(self, "soft_temperature", "alpha")
        if self.gamma < 0:
            raise ValueError(f"gamma must not be negative, got {self.gamma}")
