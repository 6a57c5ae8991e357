from __future__ import annotations

from dataclasses import dataclass

from opine_training.config.checks import require_positive, require_shares


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationConfig:
    """How texts are changed while training, each share drawn anew at every reading."""

    prefix_share: float = 0.3
    """Share of texts cut short at random, since the product reads unfinished ones."""
    longest: int = 1024
    """Longest stretch of a text that a step reads, from its start or its end by turns."""
    typo_share: float = 0.0
    """Share of texts that get typos."""
    typo_rate: float = 0.05
    """Share of their characters that are swapped, dropped, doubled or mistyped."""
    upper_share: float = 0.0
    """Share of texts in capitals."""
    lower_share: float = 0.0
    """Share of texts in small letters."""
    bare_share: float = 0.0
    """Share of texts without punctuation."""

    def __post_init__(self) -> None:
        require_shares(self, "prefix_share", "typo_share", "typo_rate", "upper_share", "lower_share", "bare_share")
        require_positive(self, "longest")
