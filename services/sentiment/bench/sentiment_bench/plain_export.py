"""The shipped network as one would export it without thought: a batch padded to its longest text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import torch
from charcnn.calibration import proposed_stars, scores
from charcnn.features import look_up_rows, row_count
from charcnn.packing import pack
from charcnn.text import encode
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.artefact import Manifest
    from charcnn.config import NetworkConfig
    from charcnn.linear.model import LinearModel


class PaddedNetwork(nn.Module):
    """`charcnn.network.CharCNN` with convolutions over (texts, channels, cells)."""

    def __init__(self, config: NetworkConfig, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.table = nn.Embedding(row_count(config), config.embedding)
        self.stem = nn.Conv1d(config.stride * config.embedding, width, 1)
        convolutions = [nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in config.dilations]
        mixes = [nn.Conv1d(width, width, 1) for _ in config.dilations]
        self.convolutions, self.mixes = nn.ModuleList(convolutions), nn.ModuleList(mixes)
        self.head = nn.Conv1d(width, 6, 1)
        self.bias = nn.Parameter(weights["bias"])
        with torch.no_grad():
            self.table.weight.copy_(weights["table.weight"])
            _fill(self.stem, weights, "stem")
            _fill(self.head, weights, "head")
            for number, (convolution, mix) in enumerate(zip(convolutions, mixes, strict=True)):
                _fill(convolution, weights, f"blocks.{number}.convolution")
                _fill(mix, weights, f"blocks.{number}.mix")

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Logits (N, 5) of look-ups (N, T * stride, F) and a mask (N, 1, T)."""
        embedded = self.table(rows).sum(2)
        cells = embedded.reshape(rows.shape[0], -1, self.config.stride * self.config.embedding).transpose(1, 2)
        x = functional.relu(self.stem(cells)) * mask
        for convolution, mix in zip(self.convolutions, self.mixes, strict=True):
            x = (x + mix(functional.relu(convolution(x)))) * mask
        scored = self.head(functional.relu(x))
        weight = torch.exp(scored[:, 5:].clamp(-20, 20)) * mask
        means: Tensor = (scored[:, :5] * weight).sum(2) / weight.sum(2).clamp_min(1e-20)
        return means + self.bias


def _fill(layer: nn.Conv1d, weights: dict[str, Tensor], name: str) -> None:
    """The weights of a dense layer over some cells side by side."""
    outputs, inputs, cells = layer.weight.shape
    layer.weight.copy_(weights[f"{name}.weight"].view(outputs, cells, inputs).transpose(1, 2))
    assert layer.bias is not None
    layer.bias.copy_(weights[f"{name}.bias"])


def plain_export(
    manifest: Manifest, weights: dict[str, Tensor], linear: LinearModel | None
) -> Callable[[Sequence[str]], object]:
    """Texts to predictions by ONNX Runtime with its defaults but one thread."""
    config, calibration = manifest.network, manifest.calibration
    network = PaddedNetwork(config, weights).eval()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.onnx"
        example = (torch.ones(2, 16, 2 + len(config.ngrams), dtype=torch.int64), torch.ones(2, 1, 4))
        cells = torch.export.Dim("cells", min=1, max=10_000)
        texts = torch.export.Dim("texts", min=1, max=1000)
        shapes = ({0: texts, 1: config.stride * cells}, {0: texts, 2: cells})
        torch.onnx.export(network, example, file, dynamo=True, dynamic_shapes=shapes, verbose=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def predict(batch: Sequence[str]) -> object:
        symbols = [encode(text).symbols for text in batch]
        cells = max(1, *(-(-len(text) // config.stride) for text in symbols))
        rows = np.zeros((len(batch), cells * config.stride, 2 + len(config.ngrams)), np.int64)
        mask = np.zeros((len(batch), 1, cells), np.float32)
        for index, text in enumerate(symbols):
            rows[index, : len(text)] = look_up_rows(pack([text], stride=1, gap=0), config)[: len(text)]
            mask[index, 0, : -(-len(text) // config.stride)] = 1
        (logits,) = session.run(None, dict(zip(names, (rows, mask), strict=True)))
        if linear is not None:
            logits = logits + linear.read(pack(symbols, stride=1, gap=1)).logits
        probabilities = calibration.probabilities(logits)
        labels = calibration.labels(probabilities)
        return scores(probabilities), labels, proposed_stars(probabilities, labels), probabilities

    return predict
