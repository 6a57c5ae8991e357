"""What a model is judged by. Stars are 0-4 here, classes 0 bad, 1 average, 2 good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASS_OF_STAR = np.array([0, 0, 1, 2, 2])


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def class_probabilities(star_probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Three classes from five stars, shape (N, 3)."""
    p = star_probabilities
    return np.stack([p[:, 0] + p[:, 1], p[:, 2], p[:, 3] + p[:, 4]], axis=1).astype(np.float64)


def macro_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int = 3) -> float:
    """Mean of the classes' F1; a class that neither side has does not count."""
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (truth, predicted), 1)
    support = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean((2 * np.diag(confusion) / np.maximum(support, 1))[support > 0]))


def three_class_macro_f1(stars: NDArray[np.integer], logits: NDArray[np.floating]) -> float:
    predicted = class_probabilities(softmax(logits)).argmax(axis=1)
    return macro_f1(CLASS_OF_STAR[stars], predicted)
