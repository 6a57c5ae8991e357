"""The network as an ONNX graph whose weights are byte ranges of the artefact's safetensors file."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import onnx
from onnx import TensorProto, helper

from charcnn.artefact import GRAPH, WEIGHTS
from charcnn.config import STARS

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig

_OPSET = 17
_TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


def write_graph(folder: Path, config: NetworkConfig) -> None:
    """Write `model.onnx` beside `model.safetensors`: look-ups (S, F) and mask (T, 1) in, cells (T, 6) out."""
    graph = _Graph(folder / WEIGHTS)
    x = graph.add("Gather", graph.weight("table.weight"), "rows")
    x = graph.add("ReduceSum", x, graph.integers("features_axis", 1), keepdims=0)
    x = graph.add("Reshape", x, graph.integers("cell_shape", -1, config.stride * config.embedding))
    x = graph.add("Mul", graph.add("Relu", graph.linear("stem", x)), "mask")
    for number, dilation in enumerate(config.dilations):
        hidden = graph.add("Relu", graph.linear(f"blocks.{number}.convolution", graph.window(x, dilation)))
        x = graph.add("Mul", graph.add("Add", x, graph.linear(f"blocks.{number}.mix", hidden)), "mask")
    graph.linear("head", graph.add("Relu", x), output="cells")
    onnx.save(graph.model(), folder / GRAPH)


class _Graph:
    def __init__(self, weights: Path) -> None:
        self._entries, self._begin = _safetensors_header(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: int) -> str:
        name = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], None, None, None, None, **attributes))
        return name

    def linear(self, name: str, x: str, output: str | None = None) -> str:
        return self.add("Gemm", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), output=output, transB=1)

    def window(self, x: str, dilation: int) -> str:
        """Each cell between its neighbours at a distance, shape (T, 3 C)."""
        d = dilation
        padded = self.add("Pad", x, self.integers(f"pad_{d}", d, 0, d, 0))
        axis = self.integers("cells_axis", 0)
        before = self.add("Slice", padded, self.integers("zero", 0), self.integers(f"end_{d}", -2 * d), axis)
        after = self.add("Slice", padded, self.integers(f"start_{d}", 2 * d), self.integers("end", 2**62), axis)
        return self.add("Concat", before, x, after, axis=1)

    def integers(self, name: str, *values: int) -> str:
        self._initializers.setdefault(name, helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def weight(self, name: str) -> str:
        """A tensor of the safetensors file, widened to float32 when the session is made."""
        entry = self._entries[name]
        tensor = onnx.TensorProto(name=name, dims=entry["shape"], data_type=_TYPES[entry["dtype"]])
        tensor.data_location = TensorProto.EXTERNAL
        start, end = entry["data_offsets"]
        for key, value in (("location", WEIGHTS), ("offset", self._begin + start), ("length", end - start)):
            tensor.external_data.add(key=key, value=str(value))
        self._initializers[name] = tensor
        return self.add("Cast", name, to=TensorProto.FLOAT)

    def model(self) -> onnx.ModelProto:
        rows = helper.make_tensor_value_info("rows", TensorProto.INT32, ["symbols", "features"])
        mask = helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["cells", 1])
        cells = helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["cells", len(STARS) + 1])
        graph = helper.make_graph(self._nodes, "charcnn", [rows, mask], [cells], list(self._initializers.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)


def _safetensors_header(weights: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Entries by tensor name and the file offset of the first byte of data."""
    with weights.open("rb") as handle:
        (length,) = struct.unpack("<Q", handle.read(8))
        header = json.loads(handle.read(length))
    header.pop("__metadata__", None)
    return header, 8 + length
