"""Cell scores by PyTorch, made for GPUs.

Shapes come in a few sizes, and what a text lacks to the next one is blank. On a GPU the small layers are bound by the
time to launch them, so each size is recorded once as a CUDA graph, in half precision, with its buffers; look-ups go
there as indices from pinned memory, and six numbers a cell come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from charcnn.devices import choose_device
from charcnn.network import load_network

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig
    from charcnn.devices import DeviceChoice
    from charcnn.features import Packed

SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Cells of the recorded shapes; beyond them sizes are multiples of the largest and not recorded.

Each is twice the last, so at most half of a shape is blank; the largest is an engine's longest pass, but for the gaps.
"""
# Libraries choose kernels and allocate memory in the first runs; a recording must hold neither.
_RUNS_BEFORE_RECORDING = 3


def size_for(cells: int) -> int:
    """The smallest size that holds so many cells."""
    largest = SIZES[-1]
    return next((size for size in SIZES if size >= cells), -(-cells // largest) * largest)


@dataclass(slots=True)
class _Shape:
    """Buffers of one size: on the host, where the network runs, and its result."""

    host_rows: Tensor
    host_mask: Tensor
    rows: Tensor
    mask: Tensor
    result: Tensor | None = None
    graph: torch.cuda.CUDAGraph | None = None


class TorchBackend:
    """Raises DeviceError if a GPU is required and none is visible, ArtefactError if weights do not fit."""

    def __init__(self, folder: Path, config: NetworkConfig, threads: int, choice: DeviceChoice) -> None:
        torch.set_num_threads(threads)
        self.device = choose_device(choice, gpu_visible=torch.cuda.is_available())
        self.gap = config.gap
        self._config = config
        self._network = load_network(folder, config)
        self._network.to(self.device).eval().requires_grad_(requires_grad=False)
        self._shapes: dict[int, _Shape] = {}
        if self.device == "cuda":
            self._network.half()
            # At the start, not at the first use: recording takes a moment in which nobody is answered.
            for size in SIZES:
                self._shapes[size] = self._recorded(size)

    @torch.inference_mode()
    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        count = len(packed.cell_text)
        size = size_for(count)
        shape = self._shapes.get(size)
        if shape is None:
            shape = self._unrecorded(size)
            if size in SIZES:  # others are rare, and their buffers large
                self._shapes[size] = shape
        symbols = columns.shape[1]
        shape.host_rows[:symbols] = torch.from_numpy(columns.T)
        shape.host_rows[symbols:] = 0
        shape.host_mask[:count, 0] = torch.from_numpy(packed.cell_text < len(packed.starts))
        shape.host_mask[count:] = False
        shape.rows.copy_(shape.host_rows, non_blocking=True)
        shape.mask.copy_(shape.host_mask, non_blocking=True)
        scored: NDArray[np.float32] = self._result(shape)[:count].cpu().numpy()
        return scored

    def _result(self, shape: _Shape) -> Tensor:
        if shape.graph is None or shape.result is None:
            return self._compute(shape)
        shape.graph.replay()
        return shape.result

    def _compute(self, shape: _Shape) -> Tensor:
        return self._network.cells(shape.rows, shape.mask).float()

    def _unrecorded(self, size: int) -> _Shape:
        pinned = self.device == "cuda"
        features = 2 + len(self._config.ngrams)
        host_rows = torch.zeros(size * self._config.stride, features, dtype=torch.int32, pin_memory=pinned)
        host_mask = torch.zeros(size, 1, dtype=torch.bool, pin_memory=pinned)
        return _Shape(host_rows, host_mask, host_rows.to(self.device), host_mask.to(self.device))

    @torch.inference_mode()
    def _recorded(self, size: int) -> _Shape:
        shape = self._unrecorded(size)
        # The first runs go on a stream of their own, as the recording does: PyTorch's recipe for CUDA graphs.
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_RUNS_BEFORE_RECORDING):
                self._compute(shape)
        torch.cuda.current_stream().wait_stream(side)
        shape.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(shape.graph):
            shape.result = self._compute(shape)
        return shape
