"""Which characters speak for and which against.

The valence of a text is the sum over stars k of (k - 3) / 2 times its calibrated logit: positive speaks for the brand.
Logits are weighted means over cells plus constants, so the valence is a constant and one exact addend a cell
(class activation mapping, Zhou et al. 2016). A cell's addend is shared equally by its characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charcnn.config import STARS

if TYPE_CHECKING:
    from numpy.typing import NDArray

STAR_VALENCE = (np.array(STARS) - 3) / 2


def character_contributions(
    scores: NDArray[np.float64], weights: NDArray[np.float64], temperature: float, stride: int, characters: int
) -> NDArray[np.float32]:
    """Addends of one text's valence, shape (characters,).

    Args:
        scores: class scores of the text's cells, shape (cells, 5).
        weights: normalised weights of the cells, shape (cells,).
        temperature: the calibration's.
        stride: characters a cell; the last cell may hold fewer.
        characters: characters of the text that are read.
    """
    cells = scores @ STAR_VALENCE * weights / temperature
    in_cell = np.full(len(cells), stride)
    if len(cells):
        in_cell[-1] = characters - stride * (len(cells) - 1)
    return np.repeat(cells / in_cell, in_cell).astype(np.float32)
