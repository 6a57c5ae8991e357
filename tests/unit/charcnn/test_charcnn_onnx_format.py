"""What is written is what the `onnx` package reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
from charcnn.onnx_format import OnnxGraph
from charcnn.packed_graph import packed_model
from charcnn.weights import load_weights

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig


def test_the_network_is_a_valid_model(artefact: Path, network_config: NetworkConfig) -> None:
    model = onnx.load_from_string(packed_model(load_weights(artefact, network_config), network_config))
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node} == {"Gather", "Sum", "Reshape", "MatMul", "Add", "Relu", "Pad"}


def test_names_constants_and_attributes_are_kept() -> None:
    graph = OnnxGraph()
    table = graph.constant("table", np.arange(600, dtype=np.float32).reshape(3, 200))
    assert graph.constant("table", [1]) == table, "the first stays"
    graph.add("Gather", table, graph.constant("column", [-1, 130]), output="y", axis=1)
    content = graph.model({}, {"y": (np.float32, ["rows", 2])})
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    (output,) = model.graph.output
    assert [size.dim_param or size.dim_value for size in output.type.tensor_type.shape.dim] == ["rows", 2]
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (y,) = session.run(["y"], {})
    assert np.asarray(y).tolist() == [[199, 130], [399, 330], [599, 530]]
