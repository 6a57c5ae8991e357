from __future__ import annotations

from dataclasses import dataclass, field

from opine_training.config.checks import require_shares


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionConfig:
    """Which rows are learned from."""

    cap: dict[str, int] = field(default_factory=dict)
    """Most training rows of a source, as pairs of its name and a number."""
    share: float = 1.0
    """Share of the training rows within the caps, by text hash: less for a quick look or an ablation."""
    tuning_share: float = 0.04
    """Share of the training rows, by text hash, kept for early stopping and calibration."""
    near_duplicates: float = 0.8
    """Training rows whose estimated Jaccard similarity to a held-out text reaches this are left out; 0 keeps them."""

    def __post_init__(self) -> None:
        require_shares(self, "share", "tuning_share", "near_duplicates")
