"""From texts to predictions; the cell scores come from ONNX Runtime or PyTorch behind one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from charcnn.artefact import read_manifest
from charcnn.calibration import proposed_stars, scores
from charcnn.features import look_up_columns
from charcnn.linear.file import load_linear
from charcnn.packing import pack
from charcnn.pooling import pool
from charcnn.prediction import LABELS, Prediction
from charcnn.text import EncodedText, encode, spread
from charcnn.valence import cell_addends, ngram_addends
from charcnn.weights import load_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.artefact import Manifest
    from charcnn.devices import Device, DeviceChoice
    from charcnn.linear.model import LinearModel
    from charcnn.packing import Packed

Kind = Literal["onnx", "torch"]
_MAX_SYMBOLS = 32768
"""Symbols a pass, which bounds its memory whatever is asked at once; a longer text has a pass of its own."""


class CellScorer(Protocol):
    """The network without its pooling."""

    device: Device
    gap: int
    """Blank cells that it needs between two texts."""

    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        """Class scores and the logarithm of their weight, shape (T, 6), of look-ups (F, S); of blanks anything."""
        ...


class Engine:
    """A loaded model."""

    def __init__(
        self, manifest: Manifest, bias: NDArray[np.float32], scorer: CellScorer, linear: LinearModel | None
    ) -> None:
        self.manifest = manifest
        self.name = manifest.name
        self.version = manifest.version
        self.device: str = scorer.device
        self._bias = bias
        self._scorer = scorer
        self._linear = linear

    def encode(self, text: str) -> EncodedText:
        """Raises UnicodeEncodeError for a lone surrogate."""
        return encode(text)

    def predict(self, texts: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        """One prediction a text, in order; the empty text gets the prior."""
        return [
            prediction
            for begin, end in _passes([len(text) for text in texts])
            for prediction in self._predict(texts[begin:end], explain[begin:end])
        ]

    def _predict(self, texts: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        network, calibration = self.manifest.network, self.manifest.calibration
        packed = pack([text.symbols for text in texts], stride=network.stride, gap=self._scorer.gap)
        cells = self._scorer.cells(look_up_columns(packed, network), packed)
        means, weights = pool(cells, packed)
        linear = self._linear.read(packed) if self._linear else None
        probabilities = calibration.probabilities(means + self._bias + (linear.logits if linear else 0))
        labels = calibration.labels(probabilities)
        contributions: Sequence[NDArray[np.float32] | None] = [None] * len(texts)
        if any(explain):
            addends = cell_addends(cells, weights, packed)
            if linear is not None:
                addends += ngram_addends(linear, len(addends))
            contributions = self._contributions(texts, explain, packed, addends)
        columns = zip(
            scores(probabilities).tolist(),
            labels.tolist(),
            proposed_stars(probabilities, labels).tolist(),
            probabilities.tolist(),
            contributions,
            strict=True,
        )
        return [
            Prediction(
                score=score,
                label=LABELS[label],
                stars=stars,
                star_probabilities=tuple(distribution),
                contributions=contribution,
            )
            for score, label, stars, distribution, contribution in columns
        ]

    def _contributions(
        self, texts: Sequence[EncodedText], explain: Sequence[bool], packed: Packed, addends: NDArray[np.float64]
    ) -> list[NDArray[np.float32] | None]:
        calibrated = (addends / self.manifest.calibration.temperature).astype(np.float32)
        firsts = packed.starts * self.manifest.network.stride
        return [
            spread(calibrated[first : first + len(text)], text) if wanted else None
            for text, wanted, first in zip(texts, explain, firsts.tolist(), strict=True)
        ]


def load_engine(folder: Path, kind: Kind = "onnx", threads: int = 1, device: DeviceChoice = "auto") -> Engine:
    """Load an artefact.

    Args:
        folder: the artefact.
        kind: what computes.
        threads: on the CPU.
        device: where PyTorch computes; ONNX Runtime is for the CPU.

    Raises:
        charcnn.artefact.ArtefactError: the folder is no usable model; the message says what to do.
        charcnn.devices.DeviceError: a GPU is required and none is visible.
    """
    manifest = read_manifest(folder)
    weights = load_weights(folder, manifest.network)
    scorer: CellScorer
    if kind == "onnx":
        from charcnn.scorers.onnx import OnnxScorer  # noqa: PLC0415  each engine needs its own library only

        scorer = OnnxScorer(weights, manifest.network, threads)
    else:
        from charcnn.scorers.torch import TorchScorer  # noqa: PLC0415

        scorer = TorchScorer(weights, manifest.network, threads, device)
    linear = load_linear(folder, manifest.linear) if manifest.linear else None
    return Engine(manifest, weights["bias"], scorer, linear)


def _passes(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    begin = total = 0
    for index, length in enumerate(lengths):
        if total and total + length > _MAX_SYMBOLS:
            yield begin, index
            begin, total = index, 0
        total += length
    if lengths:
        yield begin, len(lengths)
