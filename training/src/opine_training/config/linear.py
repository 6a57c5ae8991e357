from __future__ import annotations

from dataclasses import dataclass

from opine_training.config.checks import require_positive


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearPartConfig:
    """What frequent phrases say, learned beside the default network and added to what it says."""

    entries: int = 100_000
    """Known word n-grams: those that stand in the most texts. 0 leaves the linear part out."""
    words: int = 3
    """Words of the longest n-gram."""
    least_texts: int = 3
    """Texts that an n-gram must stand in."""
    passes: int = 12
    """How often the training rows are read."""
    alpha: float = 8e-6
    """Strength of the L2 penalty."""

    def __post_init__(self) -> None:
        require_positive(self, "words", "least_texts", "passes", "alpha")
        if self.entries < 0:
            raise ValueError(f"entries must not be negative, got {self.entries}")
