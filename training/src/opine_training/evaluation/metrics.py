"""What a model is judged by. Classes are 0 bad, 1 average, 2 good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15


def confusion(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 3) -> NDArray[np.int64]:
    """Rows by true, columns by predicted class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def macro_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 3) -> float:
    """Mean of the classes' F1; a class that neither side has does not count."""
    f1, support = _f1(confusion(truth, predicted, classes))
    return float(np.mean(f1[support > 0]))


def weighted_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Mean of the classes' F1, each weighing as much as it has rows."""
    counts = confusion(truth, predicted, int(max(truth.max(), predicted.max())) + 1)
    f1, _ = _f1(counts)
    return float(f1 @ counts.sum(axis=1) / counts.sum())


def _f1(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    support = counts.sum(axis=0) + counts.sum(axis=1)
    return 2 * np.diag(counts) / np.maximum(support, 1), support


def quadratic_kappa(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 5) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968)."""
    observed = confusion(truth, predicted, classes)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / max(observed.sum(), 1)
    places = np.arange(classes)
    weight = (places[:, None] - places) ** 2
    disagreement = (weight * expected).sum()
    return float(1 - (weight * observed).sum() / disagreement) if disagreement else 1.0


def reliability(probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> list[tuple[int, float, float]]:
    """Rows, mean confidence and accuracy of the likeliest class, for each of 15 equal bins that is not empty."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    part = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (part == number for number in range(BINS))
        if inside.any()
    ]


def calibration_error(probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """Expected calibration error of the likeliest class (Guo et al. 2017)."""
    bins = reliability(probabilities, truth)
    return sum(rows * abs(accuracy - confidence) for rows, confidence, accuracy in bins) / len(truth)
