"""The weighted mean of class scores over the cells of each text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charcnn.packing import Packed

MAX_LOG_WEIGHT = 20.0


def pool(cells: NDArray[np.float32], packed: Packed) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean class scores (N, 5) and the normalised weight of each cell (T,); an empty text has mean 0.

    Args:
        cells: class scores and the logarithm of their weight, shape (T, 6).
        packed: where the texts lie.
    """
    texts = len(packed.starts)
    weights = np.exp(np.clip(cells[:, -1].astype(np.float64), -MAX_LOG_WEIGHT, MAX_LOG_WEIGHT))
    weights[packed.cell_text == texts] = 0
    total = np.bincount(packed.cell_text, weights, minlength=texts + 1)
    total[total == 0] = 1
    weights /= total[packed.cell_text]
    means = np.zeros((texts, cells.shape[1] - 1))
    filled = packed.cells > 0
    if filled.any():
        # Segments run to the next text's start: the blanks between weigh nothing.
        means[filled] = np.add.reduceat(cells[:, :-1] * weights[:, np.newaxis], packed.starts[filled])
    return means, weights
