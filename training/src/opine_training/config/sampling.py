from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from opine_training.config.checks import require_positive

ClassSampling = Literal["all", "cut", "drawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingConfig:
    """Which rows an epoch reads and how they share batches."""

    classes: ClassSampling = "all"
    """`all` rows once; `cut` leaves every class as many as the rarest has; `drawn` draws as many rows as there are,
    each class as often as another, with replacement."""
    ratio: float = 1.0
    """Of `cut`: most rows of a class, in multiples of the rarest class's."""
    batch_characters: int = 16384
    """Characters a step, over all processes; texts of like length share one."""
    batch_texts: int = 0
    """Texts a step, instead of characters; 0 counts characters."""

    def __post_init__(self) -> None:
        require_positive(self, "ratio", "batch_characters")
        if self.batch_texts < 0:
            raise ValueError(f"batch_texts must not be negative, got {self.batch_texts}")
