"""From logits to calibrated probabilities and a decision.

Temperature and bias are vector scaling with one shared factor (Guo et al. 2017); the label offsets move the decision
between the three classes without touching the probabilities, and the uniform prior offsets say what the decision would
be if bad, average and good reviews were equally many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from charcnn.config import STARS
from charcnn.prediction import LABELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABEL_OF_STAR = np.array([0, 0, 1, 2, 2])


class Calibration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=1.0, gt=0)
    star_bias: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    label_offsets: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Added to the logarithms of p(bad), p(average) and p(good) before the largest is taken."""
    uniform_prior_offsets: tuple[float, float, float] | None = None
    """Added to the same logarithms, they carry the training prior to a uniform one; None where they were not fitted."""

    def logits(self, raw: NDArray[np.floating]) -> NDArray[np.float64]:
        """Calibrated logits of raw ones, shape (N, 5)."""
        calibrated: NDArray[np.float64] = np.asarray(raw, np.float64) / self.temperature + np.array(self.star_bias)
        return calibrated

    def probabilities(self, raw: NDArray[np.floating]) -> NDArray[np.float64]:
        """Star probabilities, shape (N, 5)."""
        return softmax(self.logits(raw))

    def labels(self, star_probabilities: NDArray[np.float64]) -> NDArray[np.intp]:
        """Indices in `LABELS`, shape (N,)."""
        evidence = np.log(np.maximum(label_probabilities(star_probabilities), 1e-12)) + np.array(self.label_offsets)
        indices: NDArray[np.intp] = evidence.argmax(axis=1)
        return indices


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def label_probabilities(star_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """p(bad), p(average), p(good), shape (N, 3)."""
    summed = np.zeros((len(star_probabilities), len(LABELS)))
    for star, label in enumerate(LABEL_OF_STAR):
        summed[:, label] += star_probabilities[:, star]
    return summed


def scores(star_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected stars rescaled to [0, 1], shape (N,)."""
    expected: NDArray[np.float64] = (star_probabilities * np.array(STARS)).sum(axis=1)
    return (expected - 1) / (len(STARS) - 1)


def proposed_stars(star_probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """The likeliest star of each label, 1-5, shape (N,)."""
    of_label = LABEL_OF_STAR[np.newaxis, :] == labels[:, np.newaxis]
    indices: NDArray[np.intp] = np.where(of_label, star_probabilities, -1.0).argmax(axis=1)
    return indices + 1
