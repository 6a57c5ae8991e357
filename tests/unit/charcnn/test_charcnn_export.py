"""The ONNX graph of an artefact: valid, without weights or machine paths of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

if TYPE_CHECKING:
    from pathlib import Path


def test_the_graph_is_a_valid_model(artefact: Path) -> None:
    onnx.checker.check_model(artefact / "model.onnx", full_check=True)
    model = onnx.load(artefact / "model.onnx", load_external_data=False)
    operators = {node.op_type for node in model.graph.node}
    assert operators == {"Cast", "Gather", "Add", "Reshape", "Gemm", "Relu", "Pad"}
    names = [value.name for value in (*model.graph.input, *model.graph.output)]
    assert names == ["neighbours", "rows.0", "rows.1", "rows.2", "cells"]


def test_weights_stand_in_the_safetensors_file_alone(artefact: Path) -> None:
    model = onnx.load(artefact / "model.onnx", load_external_data=False)
    external = [tensor for tensor in model.graph.initializer if tensor.external_data]
    assert len(external) == 13  # the table, and weight and bias of six layers
    assert {entry.value for tensor in external for entry in tensor.external_data if entry.key == "location"} == {
        "model.safetensors"
    }
    inside = [tensor for tensor in model.graph.initializer if not tensor.external_data]
    assert {tensor.data_type for tensor in inside} == {onnx.TensorProto.INT64}


def test_it_says_nothing_of_the_machine_that_made_it(artefact: Path) -> None:
    assert b"/" not in (artefact / "model.onnx").read_bytes()
