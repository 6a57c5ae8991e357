"""How loud the linear part speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from opine_training.calibration import calibrated_log_loss
from opine_training.linear.texts import packed_texts

if TYPE_CHECKING:
    from charcnn.linear import LinearModel
    from numpy.typing import NDArray

    from opine_training.data.corpus import Corpus

_SHARES = np.arange(0, 1.51, 0.05)


def linear_logits(linear: LinearModel, corpus: Corpus) -> NDArray[np.float32]:
    """Shape (N, 5), in the order of the corpus."""
    parts = [linear.forward(packed).logits for packed in packed_texts(corpus)]
    logits: NDArray[np.float32] = np.concatenate(parts).astype(np.float32)
    return logits


def best_share(network: NDArray[np.float32], linear: NDArray[np.float32], stars: NDArray[np.int64]) -> float:
    """The multiple of the linear logits which, added to the network's, knows the stars best; 0 if they are no help."""
    losses = [calibrated_log_loss(network + np.float32(share) * linear, stars) for share in _SHARES]
    return round(float(_SHARES[int(np.argmin(losses))]), 2)


def scaled(linear: LinearModel, share: float) -> LinearModel:
    return replace(linear, contributions=linear.contributions * np.float32(share), bias=linear.bias * np.float32(share))
