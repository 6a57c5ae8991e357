"""What a training run is made of; every field can be set on the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    seed: int = 1
    epochs: int = 5
    batch_characters: int = 16384
    """Characters a batch; texts of like length share one."""
    learning_rate: float = 2e-3
    """Peak of a one-cycle schedule (Smith and Topin 2018)."""
    warmup: float = 0.1
    """Share of all steps until the peak."""
    weight_decay: float = 0.05
    dropout: float = 0.3
    look_up_dropout: float = 0.3
    """Share of look-ups blanked, so that no single n-gram or word decides."""
    label_smoothing: float = 0.05
    class_balance: float = 0.5
    """Class weights are frequency ** -class_balance: 0 leaves the classes as they come, 1 balances them."""
    truncate: int = 1024
    """Longest stretch of a text that a training step reads, from its start or its end by turns."""
    prefix_share: float = 0.3
    """Share of texts cut short at random, since the product reads unfinished ones."""
    tuning_share: float = 0.04
    """Share of the training rows, by text hash, kept for early stopping and calibration."""
    patience: int = 3
    """Epochs without a lower loss on the tuning rows before the run stops."""
    checkpoint_minutes: float = 3.0

    def __post_init__(self) -> None:
        for name in ("warmup", "dropout", "look_up_dropout", "label_smoothing", "prefix_share", "tuning_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if self.epochs < 1 or self.batch_characters < self.truncate:
            raise ValueError("epochs must be at least 1 and batch_characters at least truncate")
