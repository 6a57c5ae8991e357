"""How a linear model learns from few reviews: new n-grams come, weights move no further than the reviews ask for."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from charcnn.config import STARS
from charcnn.prediction import calibrated_logits
from scipy.optimize import minimize
from scipy.special import log_softmax

from opine_training.config import LinearPartConfig
from opine_training.linear import Vocabulary, design_matrix, frequent_ngrams, inverse_document_frequencies

if TYPE_CHECKING:
    from charcnn.config import Calibration
    from charcnn.linear import LinearModel
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from opine_training.corpus import Corpus

_ALL = 1_000_000  # more n-grams than stand in several texts of any dataset of a review site


def extended(linear: LinearModel, corpus: Corpus, most: int, least_texts: int) -> LinearModel:
    """With the most frequent n-grams of a corpus that it did not know, which contribute nothing yet.

    Args:
        linear: the model.
        corpus: the texts.
        most: how many n-grams may come.
        least_texts: that each must stand in.
    """
    config = LinearPartConfig(entries=_ALL, words=linear.max_ngram, least_texts=least_texts)
    counted = frequent_ngrams(corpus, config)
    unknown = np.flatnonzero(~np.isin(counted.fingerprints, linear.fingerprints))
    chosen = unknown[np.argsort(-counted.texts[unknown], kind="stable")[:most]]
    found = Vocabulary(counted.fingerprints[chosen], counted.texts[chosen])
    fingerprints = np.concatenate([linear.fingerprints, found.fingerprints])
    order = np.argsort(fingerprints)
    idf = np.concatenate([linear.idf, inverse_document_frequencies(found, len(corpus))])
    silent = np.zeros((len(chosen), len(STARS)), np.float32)
    contributions = np.concatenate([linear.contributions, silent])
    return replace(linear, fingerprints=fingerprints[order], idf=idf[order], contributions=contributions[order])


def pruned(linear: LinearModel, entries: int) -> LinearModel:
    """With at most so many n-grams: those that contribute the most."""
    strongest = np.argsort(-np.abs(linear.contributions).max(axis=1), kind="stable")[:entries]
    kept = np.sort(strongest)
    return replace(
        linear,
        fingerprints=linear.fingerprints[kept],
        idf=linear.idf[kept],
        contributions=linear.contributions[kept],
    )


def features(linear: LinearModel, corpus: Corpus) -> csr_matrix:
    """What the model sees of each text, shape (N, E): `design_matrix` in memory."""
    with tempfile.TemporaryDirectory() as scratch:
        design = design_matrix(corpus, linear.max_ngram, linear.fingerprints, linear.idf, Path(scratch))
        return design.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Update:
    """What N texts with soft targets ask of a linear model."""

    linear: LinearModel
    features: csr_matrix
    """Shape (N, E)."""
    others: NDArray[np.floating]
    """What is added to the linear logits before they are calibrated, shape (N, 5)."""
    targets: NDArray[np.float64]
    """Distributions over the stars, shape (N, 5)."""
    calibration: Calibration

    def fit(self, deviation: float) -> LinearModel:
        """The model most likely a posteriori, where a Gaussian of this deviation expects each weight to stay.

        Convex: the result follows from the texts, whatever their order. What stands in no text stays as it is.
        """
        used = np.unique(self.features.indices)
        design = self.features[:, used]
        rows, shape = len(self.targets), (len(used) + 1, len(STARS))
        temperature, precision = self.calibration.temperature, 1 / (rows * deviation**2)
        before = calibrated_logits(self.others + self._logits(), self.calibration)

        def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            change = flat.reshape(shape)
            log_p = log_softmax(before + (design @ change[:-1] + change[-1]) / temperature, axis=1)
            value = -(self.targets * log_p).sum() / rows + precision * (change**2).sum() / 2
            of_logits = (np.exp(log_p) - self.targets) / (rows * temperature)
            gradient = np.vstack([design.T @ of_logits, of_logits.sum(axis=0)]) + precision * change
            return float(value), gradient.ravel()

        start = np.zeros(shape).ravel()
        change = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.reshape(shape)
        contributions = self.linear.contributions.copy()
        contributions[used] += (change[:-1] * self.linear.idf[used, np.newaxis]).astype(np.float32)
        return replace(self.linear, contributions=contributions, bias=self.linear.bias + change[-1].astype(np.float32))

    def _logits(self) -> NDArray[np.float64]:
        weights = (self.linear.contributions / self.linear.idf[:, np.newaxis]).astype(np.float64)
        logits: NDArray[np.float64] = self.features @ weights + self.linear.bias
        return logits
