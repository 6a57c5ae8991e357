"""Which characters speak for and which against.

The valence of a text is the sum over stars k of (k - 3) / 2 times its calibrated logit: positive speaks for the brand.
Logits are weighted means over cells plus constants, so the valence is a constant and one exact contribution a cell
(class activation mapping, Zhou et al. 2016) and one a word n-gram of the linear part. A contribution is shared equally
by the characters that it stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charcnn.config import STARS
from charcnn.text import BLANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.linear import LinearOutput
    from charcnn.packing import Packed

STAR_VALENCE = (np.array(STARS) - 3) / 2


def cell_contributions(cells: NDArray[np.float32], weights: NDArray[np.float64], packed: Packed) -> NDArray[np.float64]:
    """To the uncalibrated valence, by packed symbol, shape (S,).

    Args:
        cells: class scores and the logarithm of their weight, shape (T, 6).
        weights: normalised weights of the cells, shape (T,).
        packed: where the texts lie.
    """
    in_cell = (packed.symbols != BLANK).reshape(-1, packed.stride).sum(axis=1)  # a text's last cell may hold fewer
    shared = (cells[:, :-1] * STAR_VALENCE).sum(axis=1) * weights / np.maximum(in_cell, 1)
    return np.repeat(shared, packed.stride)


def ngram_contributions(linear: LinearOutput, symbols: int) -> NDArray[np.float64]:
    """The same of the linear part, shape (symbols,)."""
    begins, ends = linear.known.ngrams.begins, linear.known.ngrams.ends
    lengths = ends - begins
    shared = (linear.contributions * STAR_VALENCE).sum(axis=1) / lengths
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    indices = np.repeat(begins, lengths) + offsets
    return np.bincount(indices, np.repeat(shared, lengths), minlength=symbols).astype(np.float64)
