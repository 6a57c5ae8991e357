"""The figures of a set of reviews, as they stand in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.calibration import LABEL_OF_STAR

from opine_training.evaluation.metrics import calibration_error, macro_f1, quadratic_kappa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.evaluation.reading import Reading

_MIDDLE = 0.5


def star_figures(stars: NDArray[np.integer], reading: Reading, *, starred: bool = True) -> dict[str, Any]:
    """Of reviews with stars 0-4.

    Args:
        stars: shape (N,).
        reading: of the same N texts.
        starred: False where the stars only stand in for bad, average and good.
    """
    truth = LABEL_OF_STAR[stars]
    uniform = reading.uniform_evidence()
    proposed = reading.stars - 1 if starred and reading.stars is not None else None
    return {
        "rows": len(stars),
        "accuracy": _share(reading.labels == truth),
        "accuracy_uniform_prior": None if uniform is None else _share(uniform.argmax(axis=1) == truth),
        "macro_f1": round(macro_f1(truth, reading.labels), 4),
        "stars_mean_absolute_error": None if proposed is None else round(float(np.abs(proposed - stars).mean()), 4),
        "stars_quadratic_kappa": None if proposed is None else round(quadratic_kappa(stars, proposed), 4),
        "calibration_error": round(calibration_error(reading.probabilities, truth), 4),
    }


def two_class_figures(stars: NDArray[np.integer], reading: Reading) -> dict[str, Any]:
    """Of reviews that are only good (4) or bad (0).

    The score answers as it comes: good from 0.5 on, which is an expectation of three stars. Under the uniform prior the
    likelier of good and bad answers; average is not asked for.
    """
    truth = stars > _MIDDLE
    uniform = reading.uniform_evidence()
    return {
        "rows": len(stars),
        "two_classes": True,
        "accuracy": _share((reading.scores >= _MIDDLE) == truth),
        "accuracy_uniform_prior": None if uniform is None else _share((uniform[:, 2] >= uniform[:, 0]) == truth),
    }


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)
