"""The network as an ONNX graph over packed texts, without blanks between them.

A cell's neighbours are gathered by index, and the index of what lies outside its text is a row of zeros. Blanks as wide
as the widest convolution would be half of the work for short texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charcnn.config import STARS
from charcnn.onnx_format import OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from charcnn.config import NetworkConfig

NEIGHBOURS = "neighbours"
CELLS = "cells"


def look_up_name(feature: int) -> str:
    """Input of the rows of one kind of look-up, shape (T * stride,)."""
    return f"rows.{feature}"


def neighbour_offsets(config: NetworkConfig) -> list[int]:
    """How far the neighbours are, in cells; the columns of the input `NEIGHBOURS`."""
    return sorted({0, *config.dilations, *(-dilation for dilation in config.dilations)})


def packed_model(weights: Mapping[str, NDArray[np.float32]], config: NetworkConfig) -> bytes:
    """Look-ups and neighbours (T, K) in, cells (T, 6) out."""
    graph = _WeightedGraph(weights)
    features = 2 + len(config.ngrams)
    table = graph.weight("table.weight")
    x = graph.add("Sum", *(graph.add("Gather", table, look_up_name(feature)) for feature in range(features)))
    x = graph.add("Reshape", x, graph.constant("cell_shape", [-1, config.stride * config.embedding]))
    x = graph.add("Relu", graph.linear("stem", x))
    offsets = neighbour_offsets(config)
    for number, dilation in enumerate(config.dilations):
        columns = np.array([offsets.index(offset) for offset in (-dilation, 0, dilation)], np.int32)
        nearest = graph.add("Gather", NEIGHBOURS, graph.constant(f"columns.{dilation}", columns), axis=1)
        with_zeros = graph.add("Pad", x, graph.constant("zeros_first", [1, 0, 0, 0]))
        window = graph.add(
            "Reshape", graph.add("Gather", with_zeros, nearest), graph.constant("window_shape", [-1, 3 * config.width])
        )
        hidden = graph.add("Relu", graph.linear(f"blocks.{number}.convolution", window))
        x = graph.add("Add", x, graph.linear(f"blocks.{number}.mix", hidden))
    graph.linear("head", graph.add("Relu", x), output=CELLS)
    rows = {look_up_name(feature): (np.int32, ["symbols"]) for feature in range(features)}
    return graph.model(
        {**rows, NEIGHBOURS: (np.int32, ["cells", len(offsets)])}, {CELLS: (np.float32, ["cells", len(STARS) + 1])}
    )


class _WeightedGraph(OnnxGraph):
    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self._weights = weights

    def weight(self, name: str) -> str:
        return self.constant(name, self._weights[name])

    def linear(self, name: str, x: str, output: str | None = None) -> str:
        product = self.add("MatMul", x, self.constant(f"{name}.weight", self._weights[f"{name}.weight"].T))
        return self.add("Add", product, self.weight(f"{name}.bias"), output=output)
