"""Packed cells in pieces that stay in the processor's cache, whatever their number and however long a text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from charcnn.packing import Packed

# A last piece may be so much larger, rather than leave a remainder.
_SLACK = 1.5


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
        last = _cut(cuts, first, size)
        begin = first if first in cuts else first - reach
        end = last if last in cuts else min(last + reach, total)
        yield Window(begin, first, last, end)
        first = last


def _cut(cuts: Sequence[int], first: int, size: int) -> int:
    place = bisect_right(cuts, first + size)
    if cuts[place - 1] > first:
        return cuts[place - 1]
    return cuts[place] if cuts[place] <= first + _SLACK * size else first + size


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
        """For each cell of a window and each offset the place in the window, from 1; 0 for what is not seen."""
        span = slice(window.begin, window.end)
        cells = np.arange(window.begin, window.end, dtype=np.int32)[:, np.newaxis] + self._offsets
        seen = cells >= np.maximum(self._begins[span], window.begin)
        seen &= cells < np.minimum(self._ends[span], window.end)
        places: NDArray[np.int32] = (cells - np.int32(window.begin - 1)) * seen
        return places
