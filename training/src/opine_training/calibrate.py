"""Fit what turns logits into probabilities and labels, on rows that training did not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.calibration import LABEL_OF_STAR, Calibration, label_probabilities
from torch.nn import functional

from opine_training.metrics import macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFFSETS = np.arange(-1.5, 1.501, 0.1)


def fit_calibration(logits: NDArray[np.float32], stars: NDArray[np.int64]) -> Calibration:
    """Temperature and star bias by likelihood, label offsets by three-class macro-F1."""
    temperature, bias = _fit_scaling(logits, stars)
    scaled = Calibration(temperature=temperature, star_bias=bias)
    offsets = _fit_offsets(label_probabilities(scaled.probabilities(logits)), LABEL_OF_STAR[stars])
    return scaled.model_copy(update={"label_offsets": offsets})


def calibrated_log_loss(logits: NDArray[np.float32], stars: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the stars once scaled: what a model knows, whatever its bias."""
    temperature, bias = _fit_scaling(logits, stars)
    likelihood = Calibration(temperature=temperature, star_bias=bias).probabilities(logits)[
        np.arange(len(stars)), stars
    ]
    return float(-np.log(likelihood).mean())


def _fit_scaling(
    logits: NDArray[np.float32], stars: NDArray[np.int64]
) -> tuple[float, tuple[float, float, float, float, float]]:
    """Maximum a posteriori: a unit Gaussian prior keeps the fit finite where the classes are separable."""
    raw, truth = torch.from_numpy(logits).double(), torch.from_numpy(stars)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        likelihood = functional.cross_entropy(raw / log_temperature.exp() + bias - bias.mean(), truth)
        loss = likelihood + (log_temperature**2 + (bias**2).sum()) / (2 * len(truth))
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    one, two, three, four, five = (round(value, 4) for value in (bias - bias.mean()).tolist())
    return round(float(log_temperature.detach().exp()), 4), (one, two, three, four, five)


def _fit_offsets(probabilities: NDArray[np.float64], labels: NDArray[np.integer]) -> tuple[float, float, float]:
    evidence = np.log(np.maximum(probabilities, 1e-12))
    candidates = [(bad, average, 0.0) for bad in _OFFSETS for average in _OFFSETS]
    f1 = [macro_f1(labels, (evidence + np.array(offsets)).argmax(axis=1)) for offsets in candidates]
    bad, average, good = candidates[int(np.argmax(f1))]
    return round(float(bad), 2), round(float(average), 2), good
