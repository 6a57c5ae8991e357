from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from opine_training.config.checks import require_positive, require_shares

OptimiserKind = Literal["adamw", "adam", "sgd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    kind: OptimiserKind = "adamw"
    learning_rate: float = 2e-3
    """Its peak, whatever the schedule; `find-lr` proposes one."""
    momentum: float = 0.9
    """Of SGD only."""
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    """Longest gradient, in the Euclidean norm; 0 lets it be."""

    def __post_init__(self) -> None:
        require_positive(self, "learning_rate")
        require_shares(self, "momentum", "weight_decay")
        if self.clip_norm < 0:
            raise ValueError(f"clip_norm must not be negative, got {self.clip_norm}")
