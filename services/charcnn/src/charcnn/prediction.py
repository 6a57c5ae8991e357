"""From logits to a prediction: calibrated probabilities, a decision, and what each character contributed to it.

Temperature and bias are vector scaling with one shared factor (Guo et al. 2017); the label offsets move the decision
between the three classes without touching the probabilities, and the uniform prior offsets say what the decision would
be if bad, average and good reviews were equally many.

The valence of a text is the sum over stars k of (k - 3) / 2 times its calibrated logit: positive speaks for the brand.
Logits are weighted means over cells plus constants, so the valence is a constant and one exact contribution a cell
(class activation mapping, Zhou et al. 2016) and one a word n-gram of the linear part. A contribution is shared equally
by the characters that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from charcnn.config import STARS
from charcnn.text import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.abstention import Abstention
    from charcnn.config import Calibration
    from charcnn.features import Packed
    from charcnn.linear import LinearOutput

Label = Literal["bad", "average", "good"]
LABELS: tuple[Label, ...] = ("bad", "average", "good")
LABEL_OF_STAR = np.array([0, 0, 1, 2, 2])
"""Shape (5,): the index in `LABELS` of one star, two stars and so on."""
_LOWEST_STAR = np.array([1, 3, 4])
_HIGHEST_STAR = np.array([2, 3, 5])
"""Of each label, shape (3,)."""
_LEAST_EXPECTED = np.array([1, 1, 2.5, 3.5, 4])
_MOST_EXPECTED = np.array([2, 2.5, 3.5, 5, 5])
"""Beside each proposed star, shape (5,): rounded, they have its label, and they are at most one star off."""
STAR_VALENCE = (np.array(STARS) - 3) / 2
# A class that rounds to probability 0 keeps a finite logarithm, which the offsets then move as any other.
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is said of one text."""

    score: float
    """Expected stars, moved where they would contradict label or stars, rescaled to [0, 1]: (expected - 1) / 4."""
    label: Label
    stars: int
    """1-5: the median star, moved to the nearest that the label has. So label, stars and score never disagree."""
    star_probabilities: tuple[float, ...]
    """p(1) ... p(5), calibrated."""
    contributions: NDArray[np.float32] | None
    """One number a code point of the text, or None where none were asked for."""
    abstention: Abstention | None = None
    """Why nobody should rely on all this; None where there is no reason."""


def calibrated_logits(raw: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """The network's and the linear part's sum, calibrated; both shapes are (N, 5)."""
    scaled = np.asarray(raw, np.float64) / calibration.temperature
    calibrated: NDArray[np.float64] = scaled + np.array(calibration.star_bias)
    return calibrated


def calibrated_probabilities(raw: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """p(1) ... p(5) of each text, shape (N, 5)."""
    return softmax(calibrated_logits(raw, calibration))


def decide_labels(star_probabilities: NDArray[np.float64], calibration: Calibration) -> NDArray[np.intp]:
    """Indices in `LABELS`, shape (N,)."""
    logarithms = np.log(np.maximum(label_probabilities(star_probabilities), _LEAST_PROBABILITY))
    indices: NDArray[np.intp] = (logarithms + np.array(calibration.label_offsets)).argmax(axis=1)
    return indices


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities over the last axis of logits, shape (N, K)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))  # the largest is e^0: nothing overflows
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def label_probabilities(star_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """p(bad), p(average), p(good), shape (N, 3)."""
    summed = np.zeros((len(star_probabilities), len(LABELS)))
    for star, label in enumerate(LABEL_OF_STAR):
        summed[:, label] += star_probabilities[:, star]
    return summed


def proposed_stars(star_probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """The median, which errs by the fewest stars, moved to the nearest star of the label: 1-5, shape (N,)."""
    median = (star_probabilities.cumsum(axis=1) < 0.5).sum(axis=1) + 1  # noqa: PLR2004  half of all
    stars: NDArray[np.intp] = np.clip(median, _LOWEST_STAR[labels], _HIGHEST_STAR[labels])
    return stars


def scores(star_probabilities: NDArray[np.float64], stars: NDArray[np.intp]) -> NDArray[np.float64]:
    """Expected stars, moved as far as the proposed ones demand, rescaled to [0, 1]; shape (N,).

    People see the score as a bar beside word and stars. Unmoved, two fifths of a bar would stand beside "bad" and a
    single star wherever a text divides its readers: docs/model.md has the alternatives and their figures.
    """
    expected = (star_probabilities * np.array(STARS)).sum(axis=1)
    near: NDArray[np.float64] = np.clip(expected, _LEAST_EXPECTED[stars - 1], _MOST_EXPECTED[stars - 1])
    return (near - 1) / (len(STARS) - 1)


def cell_contributions(cells: NDArray[np.float32], weights: NDArray[np.float64], packed: Packed) -> NDArray[np.float64]:
    """What each packed symbol contributes to the valence before calibration, shape (S,).

    Args:
        cells: class scores and the logarithm of their weight, shape (T, 6).
        weights: normalised weights of the cells, shape (T,).
        packed: where the texts lie.
    """
    in_cell = (packed.symbols != BLANK).reshape(-1, packed.stride).sum(axis=1)  # a text's last cell may hold fewer
    shared = (cells[:, :-1] * STAR_VALENCE).sum(axis=1) * weights / np.maximum(in_cell, 1)
    return np.repeat(shared, packed.stride)


def ngram_contributions(linear: LinearOutput, symbols: int) -> NDArray[np.float64]:
    """The same of the linear part, shape (symbols,); the spaces inside an n-gram have their share, too."""
    begins, ends = linear.known.ngrams.begins, linear.known.ngrams.ends
    lengths = ends - begins
    shared = (linear.contributions * STAR_VALENCE).sum(axis=1) / lengths
    # Every symbol of every n-gram in one array: how far it is from its n-gram's begin, and so where it stands.
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    indices = np.repeat(begins, lengths) + offsets
    return np.bincount(indices, np.repeat(shared, lengths), minlength=symbols).astype(np.float64)
