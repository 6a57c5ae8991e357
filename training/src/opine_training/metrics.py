"""What a model is judged by. Stars are 0-4 here, classes 0 bad, 1 average, 2 good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.calibration import LABEL_OF_STAR, label_probabilities
from charcnn.prediction import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.prediction import Prediction
    from numpy.typing import NDArray

_BINS = 15


def macro_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 3) -> float:
    """Mean of the classes' F1; a class that neither side has does not count."""
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (truth, predicted), 1)
    support = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean((2 * np.diag(confusion) / np.maximum(support, 1))[support > 0]))


def quadratic_kappa(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 5) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968)."""
    observed = np.zeros((classes, classes))
    np.add.at(observed, (truth, predicted), 1)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / max(observed.sum(), 1)
    places = np.arange(classes)
    weight = (places[:, None] - places) ** 2
    disagreement = (weight * expected).sum()
    return float(1 - (weight * observed).sum() / disagreement) if disagreement else 1.0


def calibration_error(probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """Expected calibration error of the likeliest class over 15 equal bins (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    part = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.abs(np.bincount(part, right - confidence, minlength=_BINS))
    return float(gaps.sum() / len(truth))


def summary(stars: NDArray[np.integer], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The figures of a set of reviews."""
    probabilities = np.array([prediction.star_probabilities for prediction in predictions])
    labels = np.array([LABELS.index(prediction.label) for prediction in predictions])
    proposed = np.array([prediction.stars - 1 for prediction in predictions])
    truth = LABEL_OF_STAR[stars]
    return {
        "rows": len(stars),
        "accuracy": round(float((labels == truth).mean()), 4),
        "macro_f1": round(macro_f1(truth, labels), 4),
        "stars_mean_absolute_error": round(float(np.abs(proposed - stars).mean()), 4),
        "stars_quadratic_kappa": round(quadratic_kappa(stars, proposed), 4),
        "calibration_error": round(calibration_error(label_probabilities(probabilities), truth), 4),
    }
