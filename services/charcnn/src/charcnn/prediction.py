"""What is said of one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Label = Literal["bad", "average", "good"]
LABELS: tuple[Label, ...] = ("bad", "average", "good")


@dataclass(frozen=True, slots=True)
class Prediction:
    score: float
    """Expected stars rescaled to [0, 1]: (sum of k p_k - 1) / 4."""
    label: Label
    stars: int
    """1-5: the likeliest star of the label, so that the two never disagree."""
    star_probabilities: tuple[float, ...]
    """p(1) ... p(5), calibrated."""
    contributions: NDArray[np.float32] | None
    """One number a code point of the text, or None where none were asked for; see `charcnn.explanation`."""
