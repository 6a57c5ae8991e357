"""A linear model of word n-grams whose occurrences weigh by their inverse document frequency (Sparck Jones 1972)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.config import STARS
from charcnn.linear.ngrams import WordNgrams, word_ngrams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.packing import Packed


@dataclass(frozen=True, slots=True)
class Known:
    """M occurrences of known n-grams in N texts."""

    ngrams: WordNgrams
    places: NDArray[np.intp]
    """Shape (M,): places among the known n-grams."""
    norms: NDArray[np.float64]
    """Shape (M,): of the text, the root of the sum of its n-grams' squared weights."""


def known_ngrams(packed: Packed, words: int, fingerprints: NDArray[np.uint32], weights: NDArray[np.float32]) -> Known:
    """Which n-grams of packed texts are known.

    Args:
        packed: the texts.
        words: of the longest n-gram.
        fingerprints: of the known ones, shape (E,), ascending; at least one.
        weights: theirs, shape (E,).
    """
    found = word_ngrams(packed, words)
    places = np.searchsorted(fingerprints, found.fingerprints)
    places[places == len(fingerprints)] = 0
    known = np.flatnonzero(fingerprints[places] == found.fingerprints)
    found, places = found.at(known), places[known]
    squares = np.square(weights[places], dtype=np.float64)
    norms = np.sqrt(np.bincount(found.text, squares, minlength=len(packed.starts)))
    return Known(found, places, norms[found.text])


@dataclass(frozen=True, slots=True)
class LinearReading:
    """Logits of N texts and what each known n-gram brings to them."""

    logits: NDArray[np.float64]
    """Shape (N, 5)."""
    addends: NDArray[np.float64]
    """Shape (M, 5)."""
    known: Known


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Logits = bias + sum of w s over the known n-grams of a text / root of the sum of w^2.

    An n-gram is known by 32 bits of hash, which one in 40,000 unknown ones shares with one of 100,000 known ones.
    """

    words: int
    """Words of the longest n-gram."""
    fingerprints: NDArray[np.uint32]
    """Shape (E,), ascending."""
    weights: NDArray[np.float32]
    """w, shape (E,)."""
    addends: NDArray[np.float32]
    """w s, shape (E, 5)."""
    bias: NDArray[np.float32]
    """Shape (5,)."""

    def read(self, packed: Packed) -> LinearReading:
        known = known_ngrams(packed, self.words, self.fingerprints, self.weights)
        addends = self.addends[known.places] / known.norms[:, np.newaxis]
        count = len(packed.starts)
        cells = known.ngrams.text[:, np.newaxis] * len(STARS) + np.arange(len(STARS))
        logits = np.tile(self.bias.astype(np.float64), count)
        logits += np.bincount(cells.ravel(), addends.ravel(), minlength=len(logits))
        return LinearReading(logits.reshape(count, len(STARS)), addends, known)
