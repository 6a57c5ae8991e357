"""The linear model beside the network: logistic regression on word n-grams, one star against the others.

Fitted once to many reviews, or updated by few: new n-grams come, and weights move no further than the reviews ask for.
"""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.artefact import atomic_folder
from charcnn.config import STARS, LinearConfig
from charcnn.features import pack
from charcnn.linear import LinearModel, known_ngrams, load_linear, save_linear, word_ngrams
from charcnn.prediction import calibrated_logits
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax
from sklearn.linear_model import SGDClassifier
from tqdm import tqdm

from opine_training.calibration import calibrated_log_loss
from opine_training.config import LinearPartConfig
from opine_training.corpus import open_corpus
from opine_training.optimisation import class_weights
from opine_training.phrases import SOURCE as PHRASES
from opine_training.runs import CORPUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charcnn.config import Calibration
    from charcnn.features import Packed
    from numpy.typing import NDArray

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus

logger = logging.getLogger(__name__)
_TEXTS = 2000  # packed at a time: NumPy's calls cost little then, and the arrays a few MB


def packed_texts(corpus: Corpus) -> Iterator[Packed]:
    """All texts in order, some thousands at a time, a symbol a cell."""
    for first in range(0, len(corpus), _TEXTS):
        indices = range(first, min(first + _TEXTS, len(corpus)))
        yield pack([corpus.text_symbols(index) for index in indices], stride=1, gap=1)


# N-grams that are counted at a time, 240 MB; beyond them the rarest are forgotten (lossy counting, Manku and Motwani
# 2002).
_MOST_COUNTED = 20_000_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """E word n-grams and how frequent they are."""

    fingerprints: NDArray[np.uint32]
    """Shape (E,), ascending."""
    texts: NDArray[np.int64]
    """Shape (E,): how many texts each n-gram stands in."""


def frequent_ngrams(corpus: Corpus, config: LinearPartConfig, most_counted: int = _MOST_COUNTED) -> Vocabulary:
    """At most `config.entries` of them; of equally frequent ones those with the smaller fingerprint."""
    counted = Vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.int64))
    for packed in packed_texts(corpus):
        found = word_ngrams(packed, config.words)
        # Text and n-gram in one number: sorting it once counts every n-gram once a text.
        once_a_text = np.unique(found.text.astype(np.uint64) << np.uint64(32) | found.fingerprints)
        counted = _merge(counted, once_a_text.astype(np.uint32))
        if len(counted.texts) > most_counted:
            counted = _select(counted, counted.texts > 1)
    counted = _select(counted, counted.texts >= config.least_texts)
    most = np.argsort(-counted.texts, kind="stable")[: config.entries]
    return _select(counted, np.sort(most))


def inverse_document_frequencies(vocabulary: Vocabulary, texts: int) -> NDArray[np.float32]:
    """1 + ln(texts / texts with the n-gram), shape (E,)."""
    weights: NDArray[np.float32] = (1 + np.log(texts / vocabulary.texts)).astype(np.float32)
    return weights


def _merge(counted: Vocabulary, found: NDArray[np.uint32]) -> Vocabulary:
    fingerprints, counts = np.unique(found, return_counts=True)
    both = np.concatenate([counted.fingerprints, fingerprints])
    counts = np.concatenate([counted.texts, counts])
    order = np.argsort(both, kind="stable")
    both, counts = both[order], counts[order]
    firsts = np.flatnonzero(np.concatenate([[True], both[1:] != both[:-1]]))
    return Vocabulary(both[firsts], np.add.reduceat(counts, firsts) if len(counts) else counts)


def _select(counted: Vocabulary, which: NDArray[np.bool_] | NDArray[np.intp]) -> Vocabulary:
    return Vocabulary(counted.fingerprints[which], counted.texts[which])


_COLUMNS = {"columns": np.int32, "values": np.float32}


def design_matrix(
    corpus: Corpus, words: int, fingerprints: NDArray[np.uint32], weights: NDArray[np.float32], folder: Path
) -> csr_matrix:
    """Weights of each text's known n-grams over the root of their squared sum, shape (N, E), memory-mapped.

    Args:
        corpus: the texts.
        words: of the longest n-gram.
        fingerprints: of the known n-grams, shape (E,), ascending.
        weights: theirs, shape (E,).
        folder: for its files.
    """
    counts = []
    files = {name: (folder / f"{name}.bin").open("wb") for name in _COLUMNS}
    try:
        for packed in packed_texts(corpus):
            known = known_ngrams(packed, words, fingerprints, weights)
            # An n-gram that stands in a text twice counts twice.
            shares = weights[known.indices] / known.norms
            part = csr_matrix((shares, (known.ngrams.text, known.indices)), (len(packed.starts), len(fingerprints)))
            files["columns"].write(part.indices.astype(np.int32).tobytes())
            files["values"].write(part.data.astype(np.float32).tobytes())
            counts.append(np.diff(part.indptr))
    finally:
        for file in files.values():
            file.close()
    ends = np.cumsum(np.concatenate([[0], *counts]), dtype=np.int64)
    # Mapped from files: a hundred n-grams of each of a million texts would take 800 MB.
    columns, values = (
        np.memmap(folder / f"{name}.bin", kind, mode="r") if ends[-1] else np.zeros(0, kind)
        for name, kind in _COLUMNS.items()
    )
    return csr_matrix((values, columns, ends), shape=(len(corpus), len(fingerprints)), copy=False)


_ROWS = 16_384  # of the design matrix, read at a time: some 15 MB


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
            # `fit` would need all rows in memory; `partial_fit` takes them in the order that it is given.
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


# The shares that are tried. Each part was trained without the other, so their full sum would count evidence twice.
_SHARES = np.arange(0, 1.51, 0.05)


def linear_logits(linear: LinearModel, corpus: Corpus) -> NDArray[np.float32]:
    """Shape (N, 5), in the order of the corpus."""
    parts = [linear.forward(packed).logits for packed in packed_texts(corpus)]
    logits: NDArray[np.float32] = np.concatenate(parts).astype(np.float32)
    return logits


def best_share(network: NDArray[np.float32], linear: NDArray[np.float32], stars: NDArray[np.int64]) -> float:
    """The multiple of the linear logits to add to the network's for the least log-loss; 0 where they do not help."""
    losses = [calibrated_log_loss(network + np.float32(share) * linear, stars) for share in _SHARES]
    return round(float(_SHARES[int(np.argmin(losses))]), 2)


def scaled(linear: LinearModel, share: float) -> LinearModel:
    """A linear model whose logits are `share` times as large: what is served adds them as they are."""
    return replace(linear, contributions=linear.contributions * np.float32(share), bias=linear.bias * np.float32(share))


LINEAR = "linear"
_LINEAR_CONFIG = "linear.json"


def linear_part(folder: Path, config: TrainConfig) -> LinearModel | None:
    """The linear model of a run, fitted once; None where none was asked for, or no n-gram is frequent enough."""
    if not config.linear.entries:
        return None
    kept = folder / LINEAR
    # Kept in the run: it takes minutes, and an export of a later epoch has the same one.
    if not kept.exists():
        corpus = open_corpus(folder / CORPUS / "train")
        # Phrases come last. They teach the network only: words of theirs cost the linear part more than they bring it.
        reviews = corpus.between(0, len(corpus) - corpus.rows_of(PHRASES))
        fitted = fit_linear(reviews, config.linear, config.loss.class_balance, config.seed)
        if fitted is None:
            return None
        with atomic_folder(kept) as unfinished:
            (unfinished / _LINEAR_CONFIG).write_text(json.dumps(asdict(save_linear(fitted, unfinished))))
    return load_linear(kept, LinearConfig(**json.loads((kept / _LINEAR_CONFIG).read_text())))


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
    found = _select(counted, chosen)
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
