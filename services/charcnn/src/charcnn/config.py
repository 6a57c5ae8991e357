"""What a model is, as it stands in an artefact's `model.json`; read without NumPy, by those who only keep artefacts."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

STARS = (1, 2, 3, 4, 5)
MAX_LOG_WEIGHT = 20.0
"""A cell's weight in its text's mean is e to the power of at most so much, and at least of as much below zero.

Single precision holds the sum of such weights for any text, and the least of them is far above zero.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Hashed look-ups, one strided convolution, dilated residual blocks, a weighted mean of class scores.

    Raises:
        ValueError: a size is not positive, or a row count is no power of two.
    """

    # An artefact may have 8 MB and 15 million multiply-adds per 100 characters (a test holds the shipped one to it).
    # These sizes take 6.1 MB, 5.5 of them in the n-gram and word tables, and 7.2 million.
    embedding: int = 48
    """Width of a look-up row."""
    ngrams: tuple[tuple[int, int], ...] = ((3, 8192), (5, 16384))
    """Pairs (n, rows): hashed n-grams that end at a character."""
    # Half of the network's bytes; whether they are worth it is an open question (docs/model.md).
    word_rows: int = 32768
    """Rows for the word up to a character."""
    # At each character instead of each cell the blocks would cost four times as much.
    stride: int = 4
    """Characters a cell: the convolutions work on cells."""
    width: int = 128
    """Channels of the convolutions."""
    # Their sum is how far a cell sees: 15 cells, or 60 characters, to each side.
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    """One residual block each, in cells."""

    def __post_init__(self) -> None:
        # A row is chosen by the low bits of a hash, so a mask does for a division.
        tables = [rows for _, rows in self.ngrams] + [self.word_rows]
        if any(rows <= 0 or rows & (rows - 1) for rows in tables):
            raise ValueError(f"ngrams, word_rows: row counts must be powers of two, got {tables}")
        if min(self.embedding, self.stride, self.width, *self.dilations) < 1:
            raise ValueError("embedding, stride, width and dilations must be positive")

    @property
    def gap(self) -> int:
        """Blank cells between two texts that keep their convolutions from seeing each other."""
        # The widest block's and not the sum: every block sees the blank cells as zeros again.
        return max(self.dilations, default=0)

    @property
    def look_up_gap(self) -> int:
        """Blank cells between two texts that keep their n-grams from seeing each other."""
        return -(-max((order - 1 for order, _ in self.ngrams), default=0) // self.stride)

    @property
    def multiply_adds_per_character(self) -> float:
        """Dense multiply-adds a character; look-ups cost none."""
        stem = self.stride * self.embedding * self.width
        block = (3 + 1) * self.width**2  # three neighbours, then the mix of channels
        head = self.width * (len(STARS) + 1)
        return (stem + block * len(self.dilations) + head) / self.stride


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearConfig:
    """The linear part of a model."""

    max_ngram: int
    """Words of the longest n-gram."""
    entries: int
    """Known n-grams."""


class Calibration(BaseModel):
    """What was fitted on rows that were not trained on: p = softmax(logits / temperature + star_bias)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=1.0, gt=0)
    star_bias: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    # Few reviews are average, so that is hardly ever the likeliest label; macro-F1 counts all labels alike.
    label_offsets: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Added to the logarithms of p(bad), p(average) and p(good) before the largest is taken."""
    uniform_prior_offsets: tuple[float, float, float] | None = None
    """Added to the same logarithms, they carry the training prior to a uniform one; None where they were not fitted."""
