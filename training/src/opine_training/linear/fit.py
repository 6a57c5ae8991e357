"""Logistic regression on word n-grams, one star against the others."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.config import STARS
from charcnn.linear import LinearModel
from sklearn.linear_model import SGDClassifier
from tqdm import tqdm

from opine_training.linear.design import design_matrix
from opine_training.linear.vocabulary import frequent_ngrams, inverse_document_frequencies
from opine_training.losses import class_weights

if TYPE_CHECKING:
    from opine_training.config.linear import LinearPartConfig
    from opine_training.data.corpus import Corpus

logger = logging.getLogger(__name__)
_ROWS = 16_384  # read at a time


def fit_linear(corpus: Corpus, config: LinearPartConfig, class_balance: float, seed: int) -> LinearModel | None:
    """By averaged stochastic gradient (Polyak and Juditsky 1992); None where no n-gram is frequent enough.

    Args:
        corpus: the training rows.
        config: how it is fitted.
        class_balance: a row weighs (rows of its class) ** -class_balance.
        seed: of the order of the rows.
    """
    vocabulary = frequent_ngrams(corpus, config)
    entries = len(vocabulary.fingerprints)
    if not entries:
        return None
    logger.info("linear part: %d word n-grams", entries)
    weights = inverse_document_frequencies(vocabulary, len(corpus))
    classes = np.arange(len(STARS))
    stars = corpus.stars.astype(np.int64)
    of_class = class_weights(torch.from_numpy(np.bincount(stars, minlength=len(STARS))), class_balance).numpy()
    classifier = SGDClassifier(loss="log_loss", alpha=config.alpha, average=True, random_state=seed)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as scratch:
        design = design_matrix(corpus, config.words, vocabulary.fingerprints, weights, Path(scratch))
        for _ in tqdm(range(config.passes), desc="linear part", unit="pass", mininterval=2):
            order = rng.permutation(len(corpus))
            for first in range(0, len(order), _ROWS):
                rows = order[first : first + _ROWS]
                classifier.partial_fit(design[rows], stars[rows], classes, of_class[stars[rows]])
        del design  # its files are mapped
    return LinearModel(
        max_ngram=config.words,
        fingerprints=vocabulary.fingerprints,
        idf=weights,
        contributions=(classifier.coef_.T * weights[:, np.newaxis]).astype(np.float32),
        bias=classifier.intercept_.astype(np.float32),
    )
