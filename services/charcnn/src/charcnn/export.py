"""Write a trained network as an artefact.

The ONNX graph is made here, by PyTorch's exporter, and not at each start: so a process that serves loads in a third of
the time and in half of the memory (figures: docs/decisions/sentiment.md), and needs no `onnx` package.
"""

from __future__ import annotations

import json
import logging
import struct
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from charcnn.artefact import CARD, GRAPH, LINEAR, WEIGHTS, Manifest, atomic_folder, describe, write_manifest
from charcnn.linear import save_linear
from charcnn.network import CharCNN
from charcnn.onnx_backend import CELLS, CONFIG, NEIGHBOURS, config_json, look_up_name, neighbour_offsets

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from charcnn.config import Calibration, NetworkConfig
    from charcnn.linear import LinearModel


def export(
    network: CharCNN,
    linear: LinearModel | None,
    folder: Path,
    *,
    name: str,
    version: str,
    calibration: Calibration,
    training: dict[str, Any],
    metrics: dict[str, Any],
    card: str,
) -> None:
    """Write the folder whole or not at all; weights are stored in half precision."""
    with atomic_folder(folder) as made:
        weights = {key: tensor.detach().to(torch.float16).contiguous() for key, tensor in network.state_dict().items()}
        save_file(weights, made / WEIGHTS)
        onnx.save(with_weights(network_graph(network.config), made / WEIGHTS), made / GRAPH)
        linear_config = save_linear(linear, made) if linear else None
        files = [WEIGHTS, GRAPH, *([LINEAR] if linear else [])]
        manifest = Manifest(
            name=name,
            version=version,
            network=network.config,
            linear=linear_config,
            calibration=calibration,
            files=describe(made, files),
            training=training,
            metrics=metrics,
        )
        for file in files:
            (made / file).chmod(0o644)  # safetensors lets nobody else read
        write_manifest(made, manifest)
        (made / CARD).write_text(card)


class _IndexedCells(nn.Module):
    """The network over texts without blanks between them, as `charcnn.onnx_backend` feeds it.

    A cell's neighbours are gathered by index, and the index of what lies outside its text is a row of zeros. Blanks as
    wide as the widest convolution would be half of the work for short texts.
    """

    def __init__(self, network: CharCNN) -> None:
        super().__init__()
        self.network = network
        self._offsets = neighbour_offsets(network.config)

    def forward(self, neighbours_TK: Tensor, *rows_TS: Tensor) -> Tensor:
        # What EmbeddingBag computes; ONNX has no such operator, so the exporter would write a loop over bags.
        table = self.network.table.weight
        embedded_TSE = functional.embedding(rows_TS[0], table)
        for rows in rows_TS[1:]:
            embedded_TSE = embedded_TSE + functional.embedding(rows, table)

        def windows(x_TC: Tensor, distance: int) -> Tensor:
            columns = torch.tensor([self._offsets.index(offset) for offset in (-distance, 0, distance)])
            nearest_T3 = torch.index_select(neighbours_TK, 1, columns)
            # The row of zeros comes first, which is why indices count from 1.
            return functional.embedding(nearest_T3, functional.pad(x_TC, (0, 0, 1, 0))).flatten(1)

        return self.network.score_cells(embedded_TSE.flatten(1), windows)


def network_graph(config: NetworkConfig) -> onnx.ModelProto:
    """The network as ONNX with weights at random, for the caller to change."""
    graph = onnx.ModelProto()
    graph.CopyFrom(_exported(config))
    return graph


# An export asks twice, for single precision and for int8, and each time costs seconds.
@lru_cache(maxsize=1)
def _exported(config: NetworkConfig) -> onnx.ModelProto:
    features = 2 + len(config.ngrams)
    # Two cells, since the exporter takes a size of 0 or 1 for a constant.
    inputs = [torch.zeros(2, len(neighbour_offsets(config)), dtype=torch.int32)]
    inputs += [torch.zeros(2, config.stride, dtype=torch.int32) for _ in range(features)]
    cells = {0: torch.export.Dim.DYNAMIC}
    # It says which operators of other packages it does without.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = cast(
            "torch.onnx.ONNXProgram",
            torch.onnx.export(
                _IndexedCells(CharCNN(config)).eval(),
                tuple(inputs),
                dynamo=True,
                dynamic_shapes=(cells, tuple(cells for _ in range(features))),
                input_names=[NEIGHBOURS, *(look_up_name(feature) for feature in range(features))],
                output_names=[CELLS],
                verbose=False,
            ),
        )
    model = program.model_proto
    graph = model.graph
    # They name the files of this machine.
    for described in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del described.metadata_props[:]
    del graph.value_info[:]
    helper.set_model_props(model, {CONFIG: config_json(config)})
    return model


def with_weights(model: onnx.ModelProto, weights: Path) -> onnx.ModelProto:
    """Weights as byte ranges of the safetensors file, which ONNX Runtime maps and widens when it makes a session."""
    entries, begin = _safetensors_header(weights)
    # Cast in the graph: ONNX Runtime folds that into single-precision weights once, when it makes a session.
    casts = []
    for tensor in model.graph.initializer:
        entry = entries.get(tensor.name.removeprefix("network."))
        if entry is None:  # a constant of the graph's own, such as a shape
            continue
        stored = f"{tensor.name}.stored"
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
        tensor.Clear()
        tensor.name, tensor.data_type, tensor.data_location = stored, TensorProto.FLOAT16, TensorProto.EXTERNAL
        tensor.dims.extend(entry["shape"])
        start, end = entry["data_offsets"]
        for key, value in (("location", weights.name), ("offset", begin + start), ("length", end - start)):
            tensor.external_data.add(key=key, value=str(value))
    nodes = [*casts, *model.graph.node]  # ONNX wants nodes in an order in which they can run
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _safetensors_header(weights: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Entries by tensor name and the file offset of the first byte of data."""
    with weights.open("rb") as handle:
        (length,) = struct.unpack("<Q", handle.read(8))
        header = json.loads(handle.read(length))
    header.pop("__metadata__", None)
    return header, 8 + length
