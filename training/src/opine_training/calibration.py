"""Fit what turns logits into probabilities and labels, on rows that training did not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.config import Calibration
from charcnn.prediction import LABEL_OF_STAR, calibrated_probabilities, label_probabilities, softmax
from scipy.ndimage import uniform_filter
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_OFFSETS = np.arange(-1.5, 1.501, 0.1)  # a factor of 4.5 either way; the best lies well within
_NEIGHBOURHOOD = 5  # offsets
_LEAST = 1e-12  # a probability of 0 has no logarithm


def fit_calibration(
    logits: NDArray[np.float32], stars: NDArray[np.int64], sources: ArrayLike | None = None
) -> Calibration:
    """Temperature, star bias and uniform prior by likelihood, label offsets by three-class macro-F1.

    Args:
        logits: raw, shape (N, 5).
        stars: 0-4, shape (N,).
        sources: where each review is from, shape (N,); one for all by default.
    """
    temperature, bias = fit_scaling(logits, stars)
    one, two, three, four, five = bias
    scaled = Calibration(temperature=temperature, star_bias=(one, two, three, four, five))
    probabilities, labels = label_probabilities(calibrated_probabilities(logits, scaled)), LABEL_OF_STAR[stars]
    return scaled.model_copy(
        update={
            "label_offsets": fit_label_offsets(probabilities, labels, sources),
            "uniform_prior_offsets": fit_uniform_prior(probabilities, labels),
        }
    )


def calibrated_log_loss(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the classes once scaled: what a model knows, whatever its bias."""
    temperature, bias = fit_scaling(logits, classes)
    probabilities = softmax(logits.astype(np.float64) / temperature + np.array(bias))
    return float(-np.log(np.maximum(probabilities[np.arange(len(classes)), classes], _LEAST)).mean())


def fit_scaling(
    logits: NDArray[np.float32],
    classes: NDArray[np.int64],
    centre: tuple[float, Sequence[float]] | None = None,
) -> tuple[float, list[float]]:
    """Temperature and class biases: vector scaling with one shared factor (Guo et al. 2017).

    Maximum a posteriori: a unit Gaussian prior keeps the fit finite where the classes are separable.

    Args:
        logits: raw, shape (N, K).
        classes: 0 to K - 1, shape (N,).
        centre: temperature and biases that the prior expects; by default 1 and none.
    """
    raw, truth = torch.from_numpy(logits).double(), torch.from_numpy(classes)
    expected, expected_bias = centre or (1.0, [0.0] * logits.shape[1])
    first_bias = torch.tensor(expected_bias, dtype=torch.float64)
    # The logarithm of its ratio to the expected one, so that it stays positive.
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(logits.shape[1], dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        # The mean of the biases changes no probability; without it the fit has one answer.
        likelihood = functional.cross_entropy(
            raw / (expected * log_temperature.exp()) + first_bias + bias - bias.mean(), truth
        )
        return likelihood + (log_temperature**2 + (bias**2).sum()) / (2 * len(truth))

    # Four digits, for a manifest that people read: a ten-thousandth of a logit moves no decision.
    _minimise(loss, [log_temperature, bias])
    biases = [round(value, 4) for value in (first_bias + bias - bias.mean()).tolist()]
    return round(expected * float(log_temperature.detach().exp()), 4), biases


def fit_label_offsets(
    probabilities: NDArray[np.float64], labels: NDArray[np.integer], sources: ArrayLike | None = None
) -> tuple[float, float, float]:
    """Offsets of log p(bad) and log p(average) with the best three-class macro-F1, of equals the smallest.

    That of all rows plus the mean over the sources, because the offsets that suit the sum alone give up a source whose
    bad reviews are few; and its mean over like offsets, because the F1 of few rows is noisy.
    """
    _, source_of = np.unique(np.zeros(len(labels)) if sources is None else sources, return_inverse=True)
    parts = [np.arange(len(labels)), *(np.flatnonzero(source_of == source) for source in range(source_of.max() + 1))]
    evidence = np.log(np.maximum(probabilities, _LEAST))

    def objective(bad: float, average: float) -> float:
        decided = (evidence + np.array([bad, average, 0])).argmax(axis=1)
        together, *apart = (macro_f1(labels[part], decided[part]) for part in parts)
        return float(together + np.mean(apart))

    # Searched on a grid: F1 is a step function of the offsets, which gradients cannot follow.
    raw = np.array([[objective(bad, average) for average in _OFFSETS] for bad in _OFFSETS])
    smoothed = uniform_filter(raw, size=_NEIGHBOURHOOD, mode="nearest").round(9)
    best = _OFFSETS[np.argwhere(smoothed == smoothed.max())].tolist()
    bad, average = min(best, key=lambda pair: abs(pair[0]) + abs(pair[1]))
    # The third is 0: only differences between offsets move a decision.
    return round(bad, 2), round(average, 2), 0.0


def macro_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Mean F1 of three classes; one that neither side has does not count.

    As scikit-learn's, in a fortieth of its time: the search above asks some ten thousand times.
    """
    counts = np.bincount(3 * truth + predicted, minlength=9).reshape(3, 3)
    support = counts.sum(axis=0) + counts.sum(axis=1)
    return float((2 * np.diag(counts) / np.maximum(support, 1))[support > 0].mean())


def fit_uniform_prior(probabilities: NDArray[np.float64], labels: NDArray[np.integer]) -> tuple[float, float, float]:
    """Offsets that carry the probabilities of bad, average and good to a prior of one third each.

    By likelihood, every class weighing the same however many rows it has, so that any set of reviews will do.
    """
    evidence = torch.from_numpy(np.log(np.maximum(probabilities, _LEAST)))
    truth = torch.from_numpy(labels.astype(np.int64))
    weight = 1 / torch.bincount(truth, minlength=3).clamp_min(1).double()
    # Fitted, not computed from the classes' frequencies: those of the rows to come are not known, and nor is how well
    # the model's own prior follows its training rows.
    offsets = torch.zeros(3, dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        likelihood = functional.cross_entropy(evidence + offsets - offsets.mean(), truth, weight)
        return likelihood + (offsets**2).sum() / (2 * len(truth))

    _minimise(loss, [offsets])
    bad, average, good = (round(value, 4) for value in (offsets - offsets.mean()).tolist())
    return bad, average, good


def _minimise(loss: Callable[[], torch.Tensor], parameters: list[torch.Tensor]) -> None:
    optimiser = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
