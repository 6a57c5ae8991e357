from __future__ import annotations

from dataclasses import dataclass

from opine_training.config.checks import require_positive, require_shares

_MOST_TOKENS = 510
"""Of an encoder with 512 places, two of which are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachConfig:
    """How a sentence encoder is fine-tuned to be a teacher."""

    seed: int = 1
    epochs: int = 1
    checkpoint_minutes: float = 3.0
    """Time between checkpoints within an epoch; one is written after each epoch in any case."""
    learning_rate: float = 6e-5
    """Of the encoder, after the warm-up; it falls to 0 in a straight line."""
    head_factor: float = 10.0
    """The head, which starts from nothing, learns so many times as fast."""
    warmup: float = 0.06
    """Share of all steps in which the rate rises."""
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    """Longest gradient, in the Euclidean norm."""
    batch_tokens: int = 4096
    """Most tokens a step, padding included."""
    longest: int = 160
    """Most tokens read of a text: its first two thirds and its last third of them."""
    prefix_share: float = 0.3
    """Share of texts cut short at random, drawn anew in every epoch: the teacher is to judge beginnings."""
    frequent_ratio: float = 1.5
    """Most rows of the most frequent star, in multiples of the next one's; they are drawn anew in every epoch."""

    def __post_init__(self) -> None:
        require_shares(self, "warmup", "weight_decay", "prefix_share")
        require_positive(
            self, "epochs", "learning_rate", "head_factor", "clip_norm", "batch_tokens", "longest", "frequent_ratio"
        )
        if self.longest > _MOST_TOKENS:
            raise ValueError(f"longest must be at most {_MOST_TOKENS}, got {self.longest}")
        if self.checkpoint_minutes < 0:
            raise ValueError(f"checkpoint_minutes must not be negative, got {self.checkpoint_minutes}")
