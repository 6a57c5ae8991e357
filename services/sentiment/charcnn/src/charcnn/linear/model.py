"""A linear model of word n-grams whose occurrences weigh by their inverse document frequency (Sparck Jones 1972)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.config import STARS
from charcnn.linear.ngrams import word_ngrams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.packing import Packed


@dataclass(frozen=True, slots=True)
class LinearReading:
    """Logits of N texts and the addends that M known n-grams bring to them."""

    logits: NDArray[np.float64]
    """Shape (N, 5)."""
    addends: NDArray[np.float64]
    """Shape (M, 5)."""
    begins: NDArray[np.intp]
    """Shape (M,): the first packed symbol of each n-gram."""
    ends: NDArray[np.intp]
    """Shape (M,): one past its last."""


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

    def read(self, packed: Packed, stride: int) -> LinearReading:
        found = word_ngrams(packed.symbols, self.words)
        places = np.searchsorted(self.fingerprints, found.fingerprints)
        places[places == len(self.fingerprints)] = 0
        known = np.flatnonzero(self.fingerprints[places] == found.fingerprints)
        places, begins, ends = places[known], found.begins[known], found.ends[known]
        text = packed.cell_text[begins // stride]
        count = len(packed.starts)
        norms = np.sqrt(np.bincount(text, np.square(self.weights[places], dtype=np.float64), minlength=count))
        addends = self.addends[places] / norms[text, np.newaxis]
        cells = text[:, np.newaxis] * len(STARS) + np.arange(len(STARS))
        logits = np.tile(self.bias.astype(np.float64), count)
        logits += np.bincount(cells.ravel(), addends.ravel(), minlength=len(logits))
        return LinearReading(logits.reshape(count, len(STARS)), addends, begins, ends)
