"""Which n-grams stand in the most texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from charcnn.linear import word_ngrams

from opine_training.linear.texts import packed_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opine_training.config.linear import LinearPartConfig
    from opine_training.data.corpus import Corpus

# N-grams that are counted at a time; beyond them the rarest are forgotten (lossy counting, Manku and Motwani 2002).
_MOST_COUNTED = 20_000_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    fingerprints: NDArray[np.uint32]
    """Shape (E,), ascending."""
    texts: NDArray[np.int64]
    """Shape (E,): how many texts each n-gram stands in."""


def frequent_ngrams(corpus: Corpus, config: LinearPartConfig, most_counted: int = _MOST_COUNTED) -> Vocabulary:
    """At most `config.entries` of them; of equally frequent ones those with the smaller fingerprint."""
    counted = Vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.int64))
    for packed in packed_texts(corpus):
        found = word_ngrams(packed, config.words)
        once_a_text = np.unique(found.text.astype(np.uint64) << np.uint64(32) | found.fingerprints)
        counted = _merged(counted, once_a_text.astype(np.uint32))
        if len(counted.texts) > most_counted:
            counted = _chosen(counted, counted.texts > 1)
    counted = _chosen(counted, counted.texts >= config.least_texts)
    most = np.argsort(-counted.texts, kind="stable")[: config.entries]
    return _chosen(counted, np.sort(most))


def inverse_document_frequencies(vocabulary: Vocabulary, texts: int) -> NDArray[np.float32]:
    """1 + ln(texts / texts with the n-gram), shape (E,)."""
    weights: NDArray[np.float32] = (1 + np.log(texts / vocabulary.texts)).astype(np.float32)
    return weights


def _merged(counted: Vocabulary, found: NDArray[np.uint32]) -> Vocabulary:
    fingerprints, counts = np.unique(found, return_counts=True)
    both = np.concatenate([counted.fingerprints, fingerprints])
    counts = np.concatenate([counted.texts, counts])
    order = np.argsort(both, kind="stable")
    both, counts = both[order], counts[order]
    firsts = np.flatnonzero(np.concatenate([[True], both[1:] != both[:-1]]))
    return Vocabulary(both[firsts], np.add.reduceat(counts, firsts) if len(counts) else counts)


def _chosen(counted: Vocabulary, which: NDArray[np.bool_] | NDArray[np.intp]) -> Vocabulary:
    return Vocabulary(counted.fingerprints[which], counted.texts[which])
