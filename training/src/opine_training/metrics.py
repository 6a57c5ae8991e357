"""What a model predicts, and how good that is. Classes are 0 bad, 1 average, 2 good."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from charcnn.prediction import LABEL_OF_STAR
from sklearn.metrics import cohen_kappa_score, f1_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Offsets = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Of N texts."""

    probabilities: NDArray[np.float64]
    """p(bad), p(average), p(good), shape (N, 3)."""
    labels: NDArray[np.intp]
    """0-2, as the model decides, shape (N,)."""
    scores: NDArray[np.float64]
    """0-1, shape (N,)."""
    stars: NDArray[np.intp] | None
    """1-5, shape (N,); None of a model that proposes none."""
    uniform_prior_offsets: Offsets | None
    """What carries the logarithms of the probabilities to a uniform prior; None where it is not known."""
    abstained: NDArray[np.bool_] | None = None
    """Whether the model says that it cannot judge the text, shape (N,); None of a model that judges everything."""

    # Each judged by its own offsets, all fitted on the same rows: else a model would win by its prior alone.
    def uniform_evidence(self) -> NDArray[np.float64] | None:
        """Logarithms of the probabilities under a uniform prior but for a constant, shape (N, 3)."""
        if self.uniform_prior_offsets is None:
            return None
        evidence: NDArray[np.float64] = np.log(np.maximum(self.probabilities, 1e-12)) + self.uniform_prior_offsets
        return evidence


class Model(Protocol):
    """What can be evaluated: the served model, that of 2019, a baseline."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Of texts as they were written, in their order."""
        ...


def concatenated(parts: Sequence[Predictions]) -> Predictions:
    """Predictions by one model, one after the other."""
    stars = [part.stars for part in parts if part.stars is not None]
    return Predictions(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(stars) if stars else None,
        parts[0].uniform_prior_offsets,
    )


BINS = 15  # as Guo et al. 2017, so that figures can be compared


def quadratic_kappa(truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Cohen's kappa of stars with quadratic weights (Cohen 1968); 1 where all are the same star on both sides."""
    with warnings.catch_warnings(action="ignore"):  # of 0 / 0 in that case
        kappa = float(cohen_kappa_score(truth, predicted, weights="quadratic"))
    return 1.0 if math.isnan(kappa) else kappa


def reliability(probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> list[tuple[int, float, float]]:
    """Rows, mean confidence and accuracy of the likeliest class, for each of 15 equal bins that is not empty."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    # A confidence of exactly 1 belongs to the last bin.
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


_MIDDLE = 0.5  # of a score; and between the stars 0 and 4 that stand for two classes


def star_figures(stars: NDArray[np.integer], predictions: Predictions, *, starred: bool = True) -> dict[str, Any]:
    """Figures of reviews with stars 0-4, rounded to four digits: the validation rows say no more.

    Args:
        stars: shape (N,).
        predictions: of the same N texts.
        starred: False where the stars only stand in for bad, average and good.
    """
    truth = LABEL_OF_STAR[stars]
    uniform = predictions.uniform_evidence()
    proposed = predictions.stars - 1 if starred and predictions.stars is not None else None
    return {
        "rows": len(stars),
        "accuracy": _share(predictions.labels == truth),
        "accuracy_uniform_prior": None if uniform is None else _share(uniform.argmax(axis=1) == truth),
        # The aim of training: four reviews in five are good, so accuracy hardly sees the others.
        "macro_f1": round(float(f1_score(truth, predictions.labels, average="macro")), 4),
        "stars_mean_absolute_error": None if proposed is None else round(float(np.abs(proposed - stars).mean()), 4),
        "stars_quadratic_kappa": None if proposed is None else round(quadratic_kappa(stars, proposed), 4),
        "calibration_error": round(calibration_error(predictions.probabilities, truth), 4),
    }


def two_class_figures(stars: NDArray[np.integer], predictions: Predictions) -> dict[str, Any]:
    """Figures of reviews that are only good (4) or bad (0).

    The score answers as it comes: good from 0.5 on, which is an expectation of three stars. Under the uniform prior the
    likelier of good and bad answers; average is not asked for.
    """
    truth = stars > _MIDDLE
    uniform = predictions.uniform_evidence()
    return {
        "rows": len(stars),
        "two_classes": True,
        "accuracy": _share((predictions.scores >= _MIDDLE) == truth),
        "accuracy_uniform_prior": None if uniform is None else _share((uniform[:, 2] >= uniform[:, 0]) == truth),
    }


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)
