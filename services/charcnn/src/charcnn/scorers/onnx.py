"""Cell scores by ONNX Runtime on the CPU."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from charcnn.config import STARS
from charcnn.packed_graph import CELLS, NEIGHBOURS, look_up_name, neighbour_offsets, packed_model
from charcnn.windows import Neighbours, Window, windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.devices import Device
    from charcnn.packing import Packed

# Their activations fit a core's second-level cache.
_WINDOW_CELLS = 512


class OnnxScorer:
    """Windows of the packed texts, one thread each: nothing to synchronise inside a window."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], config: NetworkConfig, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            packed_model(weights, config), options, providers=["CPUExecutionProvider"]
        )
        self._config = config
        self._offsets = neighbour_offsets(config)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="window") if threads > 1 else None
        self.device: Device = "cpu"
        self.gap = config.look_up_gap

    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        cells = np.empty((len(packed.cell_text), len(STARS) + 1), np.float32)
        neighbours = Neighbours(packed, self._offsets)

        def compute(window: Window) -> None:
            span = slice(window.begin * self._config.stride, window.end * self._config.stride)
            inputs = {look_up_name(feature): column[span] for feature, column in enumerate(columns)}
            (scored,) = self._session.run([CELLS], {**inputs, NEIGHBOURS: neighbours.within(window)})
            cells[window.first : window.last] = scored[window.first - window.begin :][: window.last - window.first]

        cut = list(windows(packed, _WINDOW_CELLS, reach=sum(self._config.dilations)))
        if self._pool is None or len(cut) == 1:
            for window in cut:
                compute(window)
        else:
            list(self._pool.map(compute, cut))
        return cells
