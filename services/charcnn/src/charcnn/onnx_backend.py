"""Cell scores by ONNX Runtime on the CPU."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime

from charcnn.artefact import ArtefactError
from charcnn.config import STARS
from charcnn.packing import Neighbours, Window, windows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.devices import Device
    from charcnn.packing import Packed

# Their activations fit a core's second-level cache.
_WINDOW_CELLS = 512

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


class OnnxBackend:
    """Windows of the packed texts, one thread each: nothing to synchronise inside a window.

    Raises ArtefactError if the graph is not that of the configuration.
    """

    def __init__(self, file: Path, config: NetworkConfig, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        if self._session.get_modelmeta().custom_metadata_map.get(CONFIG) != config_json(config):
            raise ArtefactError(f"{file} does not fit its configuration. Export the model again.")
        self._stride = config.stride
        self._reach = sum(config.dilations)
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
            list(self._pool.map(compute, cut))
        return cells
