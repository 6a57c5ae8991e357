"""Many texts as one sequence, so that cost follows the text and nothing is padded to the longest.

Texts start at a whole cell and are parted by blank cells, of which an engine says how many it needs. On a CPU the
sequence is then computed in windows that stay in the processor's cache, however many and however long the texts are.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charcnn.features import fold_case, prefix_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# A last piece may be so much larger, rather than leave a remainder.
_SLACK = 1.5


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch of N texts in T cells."""

    symbols: NDArray[np.uint8]
    """Shape (T * stride,)."""
    folded: NDArray[np.uint8]
    """The same in small letters."""
    prefix_sums: NDArray[np.uint32]
    """Of the small letters, for hashes (`charcnn.features`), shape (T * stride + 1,)."""
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
    folded = fold_case(symbols)
    return Packed(symbols, folded, prefix_sums(folded), cell_text, starts, cells)


@dataclass(frozen=True, slots=True)
class Window:
    """Cells `first` to `last` (exclusive) are computed from cells `begin` to `end`, which hold all that they see."""

    begin: int
    first: int
    last: int
    end: int


def windows(packed: Packed, size: int, reach: int) -> Iterator[Window]:
    """Cut between texts where one can; inside a text a window also reads the cells around it.

    Args:
        packed: the texts.
        size: cells of a window, about.
        reach: how many cells to each side a cell depends on.
    """
    total = len(packed.cell_text)
    cuts = [*packed.starts.tolist(), total]
    first = 0
    while first < total:
        last = _window_end(cuts, first, size)
        begin = first if first in cuts else first - reach
        end = last if last in cuts else min(last + reach, total)
        yield Window(begin, first, last, end)
        first = last


def _window_end(cuts: Sequence[int], first: int, size: int) -> int:
    index = bisect_right(cuts, first + size)
    if cuts[index - 1] > first:
        return cuts[index - 1]
    return cuts[index] if cuts[index] <= first + _SLACK * size else first + size


class Neighbours:
    """Which cells each cell sees."""

    def __init__(self, packed: Packed, offsets: Sequence[int]) -> None:
        # Where each text begins and ends; a blank cell's text is empty, so it sees nothing.
        edges = np.zeros((2, len(packed.starts) + 1), np.int32)
        edges[0, :-1] = packed.starts
        edges[1, :-1] = packed.starts + packed.cells
        self._begins, self._ends = edges[:, packed.cell_text, np.newaxis]
        self._offsets = np.array(offsets, np.int32)

    def within(self, window: Window) -> NDArray[np.int32]:
        """For each cell of a window and each offset the index in the window, from 1; 0 for what is not seen."""
        span = slice(window.begin, window.end)
        cells = np.arange(window.begin, window.end, dtype=np.int32)[:, np.newaxis] + self._offsets
        seen = cells >= np.maximum(self._begins[span], window.begin)
        seen &= cells < np.minimum(self._ends[span], window.end)
        indices: NDArray[np.int32] = (cells - np.int32(window.begin - 1)) * seen
        return indices
