"""Add an int8 graph to an artefact, where it is near enough to single precision.

Usage, with a text a line: python -m charcnn.quantise FOLDER < TEXTS

The residual blocks, which are nine tenths of the work, multiply bytes; the first and the last layer stay in single
precision. Weights have a scale a channel, derived from the stored ones when ONNX Runtime makes a session. Activations
have a fixed scale a layer, from their range on the texts: a scale of each batch would be nearer, but then an answer
would depend on the texts beside it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from charcnn.artefact import INT8_GRAPH, WEIGHTS, Int8Figures, describe, write_manifest
from charcnn.devices import require_int8
from charcnn.engine import assemble, load_engine
from charcnn.export import network_graph, with_weights
from charcnn.features import look_up_rows, pack
from charcnn.network import load_network
from charcnn.onnx_backend import OnnxBackend
from charcnn.prediction import calibrated_probabilities, decide_labels
from charcnn.text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from charcnn.engine import Engine
    from charcnn.network import CharCNN
    from charcnn.text import EncodedText

# The gate, chosen and not derived: what a page does not show, and one text in 200.
MAX_PROBABILITY_DIFFERENCE = 0.01
MIN_SAME_LABELS = 0.995
_SHIFT = 0.5
"""How much of the differences between channels goes from activations to weights; half, as in the paper."""
_TINY = 1e-6  # keeps divisions finite; far below any scale
_TEXTS_A_CALL = 64  # bounds the memory for activations
_ONNX_RUNTIME = "com.microsoft"  # the domain of its own operators


def quantise(folder: Path, texts: Sequence[EncodedText]) -> Int8Figures:
    """Make scales of every other text, compare on the others, and keep the graph where it passes the gate.

    Raises:
        ArtefactError: the folder is no usable model.
        DeviceError: this processor has no instructions for int8.
    """
    require_int8()
    exact = load_engine(folder)
    manifest = exact.manifest
    network = load_network(folder, manifest.network)
    # Beside the weights, into which it points. Texts often come sorted by source, so the halves are every other one.
    graph, unchecked = folder / INT8_GRAPH, folder / f"{INT8_GRAPH}.unchecked"
    onnx.save(with_weights(_int8_graph(network, activation_ranges(network, texts[::2])), folder / WEIGHTS), unchecked)
    figures = compare(exact, assemble(folder, manifest, OnnxBackend(unchecked, manifest.network, 1)), texts[1::2])
    if passes(figures):
        unchecked.replace(graph)
        manifest = manifest.model_copy(update={"int8": figures})
    else:
        unchecked.unlink()
        graph.unlink(missing_ok=True)
        manifest = manifest.model_copy(update={"int8": None})
    write_manifest(folder, manifest.model_copy(update={"files": describe(folder, manifest.file_names)}))
    return figures


def compare(exact: Engine, int8: Engine, texts: Sequence[EncodedText]) -> Int8Figures:
    """How far the one is from the other: the largest difference of a probability, the share of equal labels."""
    calibration = exact.manifest.calibration
    probabilities = [calibrated_probabilities(engine.logits(texts), calibration) for engine in (exact, int8)]
    labels = [decide_labels(each, calibration) for each in probabilities]
    return Int8Figures(
        texts=len(texts),
        max_probability_difference=round(float(np.abs(probabilities[0] - probabilities[1]).max(initial=0)), 5),
        same_labels=round(int((labels[0] == labels[1]).sum()) / max(len(texts), 1), 5),
    )


def passes(figures: Int8Figures) -> bool:
    """Whether the int8 graph is near enough; without texts nothing is known, so it is not."""
    return (
        figures.texts > 0
        and figures.max_probability_difference <= MAX_PROBABILITY_DIFFERENCE
        and figures.same_labels >= MIN_SAME_LABELS
    )


@dataclass(slots=True)
class ChannelRange:
    """Of activations by channel, shape (C,). Zero, which pads, is always within: a byte must stand for it exactly."""

    low: NDArray[np.float32] | float = 0.0
    high: NDArray[np.float32] | float = 0.0

    def see(self, values_TC: NDArray[np.float32]) -> None:
        """Widen the range by what was seen, shape (T, C)."""
        if len(values_TC):
            self.low, self.high = np.minimum(self.low, values_TC.min(0)), np.maximum(self.high, values_TC.max(0))


@dataclass(slots=True)
class BlockRanges:
    """Of the two activations of a residual block that become bytes."""

    cells: ChannelRange = field(default_factory=ChannelRange)
    """What the block reads."""
    hidden: ChannelRange = field(default_factory=ChannelRange)
    """What is between its two layers, never below zero."""


@torch.inference_mode()
def activation_ranges(network: CharCNN, texts: Sequence[EncodedText]) -> list[BlockRanges]:
    """Of each residual block, over the cells of the texts."""
    network.eval()
    ranges = [BlockRanges() for _ in network.blocks]
    seen = torch.zeros(0, dtype=torch.bool)  # which cells belong to a text

    def see(of: ChannelRange) -> Any:  # noqa: ANN401  PyTorch types its hooks so
        return lambda _module, inputs: of.see(inputs[0][seen].numpy())

    hooks = []
    for block, block_ranges in zip(network.blocks, ranges, strict=True):
        hooks.append(block.register_forward_pre_hook(see(block_ranges.cells)))
        hooks.append(block.get_submodule("mix").register_forward_pre_hook(see(block_ranges.hidden)))
    config = network.config
    for begin in range(0, len(texts), _TEXTS_A_CALL):
        part = [text.symbols for text in texts[begin : begin + _TEXTS_A_CALL]]
        packed = pack(part, stride=config.stride, gap=config.gap)
        seen = torch.from_numpy(packed.cell_text < len(part))
        network.cells(torch.from_numpy(look_up_rows(packed, config)), seen.unsqueeze(1))
    for hook in hooks:
        hook.remove()
    return ranges


def _int8_graph(network: CharCNN, ranges: Sequence[BlockRanges]) -> onnx.ModelProto:
    """The network's graph, in which a block turns cells into bytes, multiplies bytes and adds float32 to the cells."""
    model = network_graph(network.config)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    graph = _Int8Graph(model, network.config.width)
    factors = _cells_factors(network, ranges)
    every_cell = graph.constant("cells.factors", factors)
    window = graph.constant("window.factors", np.tile(factors, 3))
    blocks = enumerate(ranges)
    cells = hidden = _Bytes("", "", "", "")
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        layer = node.input[1].removeprefix("network.") if node.op_type == "Gemm" else ""
        # The exporter's order is known: Pad opens a block, then come its convolution, a Relu and the mix of channels.
        if node.op_type == "Pad":  # of the cells that a block reads
            number, block = next(blocks)
            cells = graph.bytes(f"cells.{number}", block.cells, factors)
            hidden = graph.bytes(f"hidden.{number}", block.hidden, _hidden_factors(network, number, block))
            graph.add("QuantizeLinear", [node.input[0], cells.scale, cells.zero_point], cells.name)
            graph.add("Pad", [cells.name, node.input[1], cells.zero_point], node.output[0])
        elif layer.endswith("convolution.weight") and following is not None:
            graph.equalise(node, inputs=window, outputs=hidden.factors)
            # Below zero there are no bytes: that is the Relu which follows.
            graph.gemm(node, cells, following.output[0], [hidden.scale, hidden.zero_point])
        elif layer.endswith("mix.weight"):
            graph.equalise(node, inputs=hidden.factors, outputs=every_cell)
            graph.gemm(node, hidden, node.output[0], [])
        elif node.op_type != "Relu" or node.output[0] not in graph.made:
            if layer == "stem.weight":
                graph.equalise(node, outputs=every_cell)
            elif layer == "head.weight":
                graph.equalise(node, inputs=every_cell)
            graph.keep(node)
    model.opset_import.append(helper.make_opsetid(_ONNX_RUNTIME, 1))
    return model


def _cells_factors(network: CharCNN, ranges: Sequence[BlockRanges]) -> NDArray[np.float32]:
    """For all blocks, since what one adds to the cells is what the next one reads."""
    largest = [_largest(network, f"blocks.{number}.convolution").view(3, -1).amax(0) for number in range(len(ranges))]
    activations = np.max([np.maximum(block.cells.high, -np.asarray(block.cells.low)) for block in ranges], axis=0)
    return _factors(activations, torch.stack(largest).amax(0).numpy())


def _hidden_factors(network: CharCNN, number: int, block: BlockRanges) -> NDArray[np.float32]:
    return _factors(np.asarray(block.hidden.high), _largest(network, f"blocks.{number}.mix").numpy())


def _largest(network: CharCNN, layer: str) -> torch.Tensor:
    """Of the weights that read each channel."""
    weight: torch.Tensor = network.state_dict()[f"{layer}.weight"]
    return weight.abs().amax(0)


def _factors(activations: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """By what each channel is divided and its weights multiplied, so that one scale suits all (Xiao et al. 2023).

    Args:
        activations: largest of each channel, shape (C,).
        weights: largest of those that read it, shape (C,).
    """
    # A channel that the texts never used gets no scale finer than a twentieth of the largest.
    factors = np.maximum(activations, activations.max() / 20 + _TINY) ** _SHIFT / (weights + _TINY) ** (1 - _SHIFT)
    of_mean_one: NDArray[np.float32] = (factors / np.exp(np.log(factors).mean())).astype(np.float32)
    return of_mean_one


@dataclass(frozen=True, slots=True)
class _Bytes:
    """How bytes stand for an activation, by names in the graph."""

    name: str
    scale: str
    zero_point: str
    factors: str


class _Int8Graph:
    """Nodes that are added in the order in which they run.

    ONNX Runtime computes what depends on the weights alone once, when it makes a session.
    """

    def __init__(self, model: onnx.ModelProto, width: int) -> None:
        self.made: set[str] = set()
        self._graph = model.graph
        # Weights are symmetric about zero, -127 to 127: a zero point of theirs would cost a second sum over the inputs.
        self._largest = self.constant("weights.largest", np.float32(127))
        self._least_scale = self.constant("weights.least_scale", np.float32(_TINY))
        self._columns = self.constant("weights.columns", np.array([1], np.int64))
        self._zero_points = self.constant("weights.zero_points", np.zeros(width, np.int8))

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def keep(self, node: onnx.NodeProto) -> None:
        self._graph.node.append(node)

    def add(
        self, operator: str, inputs: Sequence[str], output: str, domain: str | None = None, **attributes: int
    ) -> str:
        self._graph.node.append(helper.make_node(operator, inputs, [output], None, None, domain, None, **attributes))
        self.made.add(output)
        return output

    def bytes(self, name: str, of: ChannelRange, factors: NDArray[np.float32]) -> _Bytes:
        # The whole range that was seen: clipped or averaged ranges were worse (docs/model.md).
        low, high = float(np.min(of.low / factors)), float(np.max(of.high / factors))
        scale = np.float32(max((high - low) / 255, _TINY))
        return _Bytes(
            name,
            self.constant(f"{name}.scale", scale),
            self.constant(f"{name}.zero_point", np.uint8(round(-low / float(scale)))),
            self.constant(f"{name}.factors", factors),
        )

    def equalise(self, layer: onnx.NodeProto, *, inputs: str = "", outputs: str = "") -> None:
        """Let a layer read what was divided by factors, and divide what it says."""
        _, weight, bias = layer.input
        if inputs:
            weight = self.add("Mul", [weight, inputs], f"{weight}.read")
        if outputs:
            column = self.add("Unsqueeze", [outputs, self._columns], f"{weight}.factors")
            weight = self.add("Div", [weight, column], f"{weight}.said")
            bias = self.add("Div", [bias, outputs], f"{bias}.said")
        layer.input[1:] = [weight, bias]

    def gemm(self, layer: onnx.NodeProto, x: _Bytes, output: str, output_bytes: Sequence[str]) -> None:
        """The layer over bytes; bytes again where it says how they stand for its output, float32 otherwise."""
        _, weight, bias = layer.input
        largest = self.add("ReduceMax", [self.add("Abs", [weight], f"{weight}.abs"), self._columns], f"{weight}.max")
        scale = self.add("Div", [largest, self._largest], f"{weight}.scale")
        scale = self.add("Max", [scale, self._least_scale], f"{weight}.scale.positive")
        int8 = self._rounded(self.add("Div", [weight, scale], f"{weight}.scaled"), TensorProto.INT8)
        scales = self.add("Squeeze", [scale, self._columns], f"{weight}.scales")
        # The bias is added to products of bytes, so it counts in the product of both scales.
        unit = self.add("Mul", [scales, x.scale], f"{bias}.unit")
        int32 = self._rounded(self.add("Div", [bias, unit], f"{bias}.scaled"), TensorProto.INT32)
        inputs = [layer.input[0], x.scale, x.zero_point, int8, scales, self._zero_points, int32, *output_bytes]
        self.add("QGemm", inputs, output, domain=_ONNX_RUNTIME, transB=1)

    def _rounded(self, name: str, to: int) -> str:
        return self.add("Cast", [self.add("Round", [name], f"{name}.round")], f"{name}.cast", to=to)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m charcnn.quantise", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    figures = quantise(folder, [encode(line.rstrip("\n")) for line in sys.stdin])
    sys.stdout.write(figures.model_dump_json() + "\n")
    if not passes(figures):
        sys.exit(
            f"int8 is not near enough and left out: a probability may differ by {MAX_PROBABILITY_DIFFERENCE}, "
            f"{MIN_SAME_LABELS:.1%} of the labels must be the same."
        )


if __name__ == "__main__":
    main()
