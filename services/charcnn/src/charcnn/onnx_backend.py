"""Cell scores by ONNX Runtime on the CPU.

The sequence of texts is computed in windows that stay in the processor's cache, however many and however long the texts
are; inside a window there is one thread, and nothing to synchronise.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime

from charcnn.artefact import ArtefactError
from charcnn.config import STARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.devices import Device
    from charcnn.features import Packed

# A layer's activations, 256 KB, stay in a core's second-level cache. On an EPYC with 1 MB of it 256 to 2,048 cells are
# equally fast; with 64 a text costs a third more, with 4,096 a tenth.
_WINDOW_CELLS = 512
# A last piece may be so much larger, rather than leave a remainder.
_SLACK = 1.5

NEIGHBOURS: Final = "neighbours"
"""Graph input: where each cell's neighbours are, from 1, shape (T, K); 0 for what lies outside its text."""
CELLS: Final = "cells"
"""Graph output: class scores and the logarithm of their weight, shape (T, 6)."""
CONFIG: Final = "network"
"""Graph metadata: the configuration that it was made from."""


def look_up_name(feature: int) -> str:
    """Graph input: the rows of one kind of look-up, shape (T, stride)."""
    return f"rows.{feature}"


def neighbour_offsets(config: NetworkConfig) -> list[int]:
    """How far the neighbours are, in cells; the columns of the input `NEIGHBOURS`."""
    return sorted({0, *config.dilations, *(-dilation for dilation in config.dilations)})


def config_json(config: NetworkConfig) -> str:
    """As it stands in a graph's metadata."""
    return json.dumps(asdict(config), sort_keys=True)


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


class OnnxBackend:
    """The network's graph on `threads` threads, each at a window of its own.

    Raises:
        ArtefactError: the graph is not that of the configuration.
    """

    def __init__(self, file: Path, config: NetworkConfig, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        # Threads inside a layer would have to meet after each of them; windows meet once.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors: nobody here can act on what the optimiser warns of
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        if self._session.get_modelmeta().custom_metadata_map.get(CONFIG) != config_json(config):
            raise ArtefactError(f"{file} does not fit its configuration. Export the model again.")
        self._stride = config.stride
        self._reach = sum(config.dilations)  # each block reads its input one dilation further out
        self._offsets = neighbour_offsets(config)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="window") if threads > 1 else None
        self.device: Device = "cpu"
        self.gap = config.look_up_gap

    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        cells = np.empty((len(packed.cell_text), len(STARS) + 1), np.float32)
        rows = {look_up_name(feature): column.reshape(-1, self._stride) for feature, column in enumerate(columns)}
        neighbours = Neighbours(packed, self._offsets)

        def compute(window: Window) -> None:
            inputs = {name: of_cell[window.begin : window.end] for name, of_cell in rows.items()}
            (scored,) = self._session.run([CELLS], {**inputs, NEIGHBOURS: neighbours.within(window)})
            cells[window.first : window.last] = scored[window.first - window.begin :][: window.last - window.first]

        cut = list(windows(packed, _WINDOW_CELLS, self._reach))
        if self._pool is None or len(cut) == 1:
            for window in cut:
                compute(window)
        else:
            list(self._pool.map(compute, cut))  # `list` waits, and raises what a window raised
        return cells
