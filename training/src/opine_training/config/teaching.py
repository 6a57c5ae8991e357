from __future__ import annotations

from dataclasses import dataclass

from opine_training.config.checks import require_positive, require_shares

_MOST_TOKENS = 510
"""Of an encoder with 512 places, two of which are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachConfig:
    """How a sentence encoder is fine-tuned to be a teacher."""

    encoder: str = "minilm"
    """`minilm`, `mpnet`, or a folder with config.json, model.safetensors and tokenizer.json of a BERT or MPNet."""
    frozen_layers: int = 0
    """Lowest layers that stay as they are, with all that lies below them; the table of words always does."""
    dropout: float = 0.1
    seed: int = 1
    epochs: float = 1
    """0.4 ends after two fifths of the first. A run that is not done may be given another number when it goes on."""
    checkpoint_minutes: float = 3.0
    """Time between checkpoints within an epoch; one is written after each epoch in any case."""
    learning_rate: float = 6e-5
    """Of the encoder, between the warm-up and the cool-down."""
    head_factor: float = 10.0
    """The head, which starts from nothing, learns so many times as fast."""
    warmup: float = 0.06
    """Share of the first epoch's steps in which the rate rises."""
    cooldown: float = 0.94
    """Share of all steps in which the rate falls to 0 in a straight line; until then a run can be prolonged."""
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
    rows: int = 0
    """Most rows of an epoch, as evenly of all stars as there are rows, drawn anew in every epoch; 0 takes all."""

    def __post_init__(self) -> None:
        require_shares(self, "dropout", "warmup", "cooldown", "weight_decay", "prefix_share")
        require_positive(
            self, "epochs", "learning_rate", "head_factor", "clip_norm", "batch_tokens", "longest", "frequent_ratio"
        )
        if self.longest > _MOST_TOKENS:
            raise ValueError(f"longest must be at most {_MOST_TOKENS}, got {self.longest}")
        for name in ("checkpoint_minutes", "frozen_layers", "rows"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
