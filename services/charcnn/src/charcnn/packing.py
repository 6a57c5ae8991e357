"""Many texts as one sequence, so that cost follows the text and nothing is padded to the longest.

Texts start at a whole cell and are parted by blank cells as wide as the convolutions reach; blanks are
zeroed after every layer, so a text's numbers do not depend on its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.hashing import running_sums
from charcnn.words import fold_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch of N texts in T cells."""

    symbols: NDArray[np.uint8]
    """Shape (T * stride,)."""
    letters: NDArray[np.uint8]
    """The same in small letters."""
    sums: NDArray[np.uint32]
    """Running sums of the letters (`charcnn.hashing`), shape (T * stride + 1,)."""
    cell_text: NDArray[np.int64]
    """Shape (T,): which text a cell belongs to; N for a blank cell."""
    starts: NDArray[np.int64]
    """Shape (N,): the first cell of each text."""
    cells: NDArray[np.int64]
    """Shape (N,): how many cells each text has; 0 for an empty one."""

    @property
    def stride(self) -> int:
        """Symbols a cell."""
        return len(self.symbols) // len(self.cell_text)


def pack(texts: Sequence[NDArray[np.uint8]], *, stride: int, gap: int) -> Packed:
    """Lay texts (symbols, shape (n,) each) one after the other."""
    lengths = np.array([len(text) for text in texts], np.int64)
    cells = -(-lengths // stride)
    ends = np.cumsum(cells + gap)
    starts = ends - cells - gap
    total = max(int(ends[-1]) - gap, 1) if len(texts) else 1
    symbols = np.zeros(total * stride, np.uint8)
    cell_text = np.full(total, len(texts), np.int64)
    for index, (text, start, count) in enumerate(zip(texts, starts.tolist(), cells.tolist(), strict=True)):
        symbols[start * stride : start * stride + len(text)] = text
        cell_text[start : start + count] = index
    letters = fold_case(symbols)
    return Packed(symbols, letters, running_sums(letters), cell_text, starts, cells)
