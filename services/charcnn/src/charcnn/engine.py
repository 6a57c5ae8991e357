"""From texts to logits and predictions; the cell scores come from ONNX Runtime or PyTorch behind one interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from safetensors import safe_open

from charcnn.abstention import ORDERS, load_abstention
from charcnn.artefact import GRAPH, INT8_GRAPH, WEIGHTS, ArtefactError, artefact_digest, read_manifest
from charcnn.config import MAX_LOG_WEIGHT, STARS
from charcnn.devices import DeviceError, require_int8
from charcnn.features import look_up_columns, pack
from charcnn.linear import load_linear
from charcnn.prediction import (
    LABELS,
    Prediction,
    calibrated_probabilities,
    cell_contributions,
    decide_labels,
    ngram_contributions,
    proposed_stars,
    scores,
)
from charcnn.text import EncodedText, encode, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from charcnn.abstention import Abstention
    from charcnn.artefact import Manifest
    from charcnn.devices import Device, DeviceChoice, Precision
    from charcnn.features import Packed
    from charcnn.linear import LinearModel, LinearOutput

Kind = Literal["onnx", "torch"]
_MAX_SYMBOLS = 32768
"""Symbols a pass, which bounds its memory whatever is asked at once; a longer text has a pass of its own."""


class Backend(Protocol):
    """The network without its pooling."""

    device: Device
    gap: int
    """Blank cells that it needs between two texts."""

    def cells(self, columns: NDArray[np.int32], packed: Packed) -> NDArray[np.float32]:
        """Class scores and the logarithm of their weight, shape (T, 6), of look-ups (F, S); of blanks anything."""
        ...


@dataclass(frozen=True, slots=True)
class _Pass:
    """What was computed of some texts."""

    packed: Packed
    cells: NDArray[np.float32]
    cell_weights: NDArray[np.float64]
    linear: LinearOutput | None
    logits: NDArray[np.float64]


class Engine:
    """A loaded model."""

    def __init__(
        self, manifest: Manifest, digest: str, bias: NDArray[np.float32], backend: Backend, linear: LinearModel | None
    ) -> None:
        self.manifest = manifest
        self.name = manifest.name
        self.version = manifest.version
        self.digest = digest
        self.device: str = backend.device
        self._bias = bias
        self._backend = backend
        self._linear = linear
        self._abstention = load_abstention()

    def encode(self, text: str) -> EncodedText:
        """Raises UnicodeEncodeError for a lone surrogate."""
        return encode(text)

    def logits(self, texts: Sequence[EncodedText]) -> NDArray[np.float64]:
        """Before calibration, shape (N, 5)."""
        passes = [self._forward(texts[begin:end]).logits for begin, end in _passes(texts)]
        return np.concatenate(passes) if passes else np.zeros((0, len(STARS)))

    def predict(self, texts: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        """One prediction a text, in order; the empty text gets the prior."""
        return [
            prediction
            for begin, end in _passes(texts)
            for prediction in self._predict(texts[begin:end], explain[begin:end])
        ]

    def abstentions(self, texts: Sequence[EncodedText]) -> list[Abstention | None]:
        """Why each text should not be judged, in order; None of one that should."""
        return [
            reason
            for begin, end in _passes(texts)
            for reason in self._abstention.reasons(
                pack([text.symbols for text in texts[begin:end]], stride=1, gap=len(ORDERS))
            )
        ]

    def _forward(self, texts: Sequence[EncodedText]) -> _Pass:
        network = self.manifest.network
        packed = pack([text.symbols for text in texts], stride=network.stride, gap=self._backend.gap)
        cells = self._backend.cells(look_up_columns(packed, network), packed)
        means, cell_weights = _pool(cells, packed)
        linear = self._linear.forward(packed) if self._linear else None
        # Added as they are: the share that suits the network is in the linear part's numbers since training.
        logits = means + self._bias + (linear.logits if linear else 0)
        return _Pass(packed, cells, cell_weights, linear, logits)

    def _predict(self, texts: Sequence[EncodedText], explain: Sequence[bool]) -> list[Prediction]:
        computed, calibration = self._forward(texts), self.manifest.calibration
        probabilities = calibrated_probabilities(computed.logits, calibration)
        labels = decide_labels(probabilities, calibration)
        stars = proposed_stars(probabilities, labels)
        columns = zip(
            scores(probabilities, stars).tolist(),
            labels.tolist(),
            stars.tolist(),
            probabilities.tolist(),
            self._contributions(texts, explain, computed) if any(explain) else [None] * len(texts),
            self._abstention.reasons(computed.packed),
            strict=True,
        )
        return [
            Prediction(
                score=score,
                label=LABELS[label],
                stars=stars,
                star_probabilities=tuple(distribution),
                contributions=contributions,
                abstention=abstention,
            )
            for score, label, stars, distribution, contributions, abstention in columns
        ]

    def _contributions(
        self, texts: Sequence[EncodedText], explain: Sequence[bool], computed: _Pass
    ) -> list[NDArray[np.float32] | None]:
        packed = computed.packed
        uncalibrated = cell_contributions(computed.cells, computed.cell_weights, packed)
        if computed.linear is not None:
            uncalibrated += ngram_contributions(computed.linear, len(uncalibrated))
        # The biases are the same for every text: they belong to the constant, not to any character.
        by_symbol = (uncalibrated / self.manifest.calibration.temperature).astype(np.float32)
        firsts = packed.starts * packed.stride
        return [
            spread(by_symbol[first : first + len(text)], text) if wanted else None
            for text, wanted, first in zip(texts, explain, firsts.tolist(), strict=True)
        ]


def load_engine(
    folder: Path,
    kind: Kind = "onnx",
    threads: int = 1,
    device: DeviceChoice = "auto",
    precision: Precision = "fp32",
    *,
    digest: str | None = None,
) -> Engine:
    """Load an artefact.

    Args:
        folder: the artefact.
        kind: what computes.
        threads: on the CPU, at least 1.
        device: where PyTorch computes; ONNX Runtime is for the CPU.
        precision: of ONNX Runtime; int8 is about twice as fast and as near as the manifest says.
        digest: the artefact must have this one, unless it is None.

    Raises:
        charcnn.artefact.ArtefactError: the folder is no usable model; the message says what to do.
        charcnn.devices.DeviceError: the device or the precision is not to be had here.
    """
    manifest = read_manifest(folder, digest)
    backend: Backend
    if kind == "onnx":
        from charcnn.onnx_backend import OnnxBackend  # noqa: PLC0415  each engine needs its own library only

        backend = OnnxBackend(_graph(folder, manifest, precision), manifest.network, threads)
    elif precision == "int8":
        raise DeviceError("precision int8 is for ONNX Runtime on a CPU. Use the engine onnx, or fp32.")
    else:
        from charcnn.torch_backend import TorchBackend  # noqa: PLC0415

        backend = TorchBackend(folder, manifest.network, threads, device)
    return assemble(folder, manifest, backend)


def assemble(folder: Path, manifest: Manifest, backend: Backend) -> Engine:
    """An engine around a backend that is made already."""
    # A backend ends at the cells; the network's bias comes after their mean.
    with safe_open(folder / WEIGHTS, "numpy") as weights:
        bias = weights.get_tensor("bias").astype(np.float32)
    linear = load_linear(folder, manifest.linear) if manifest.linear else None
    return Engine(manifest, artefact_digest(folder, manifest), bias, backend, linear)


def _graph(folder: Path, manifest: Manifest, precision: Precision) -> Path:
    if precision == "fp32":
        return folder / GRAPH
    require_int8()
    if manifest.int8 is None:
        raise ArtefactError(
            f"{folder} has no int8 graph. Use fp32, or make one where training is installed: "
            f"`python -m charcnn.quantise {folder} < TEXTS`."
        )
    return folder / INT8_GRAPH


def _passes(texts: Sequence[EncodedText]) -> Iterator[tuple[int, int]]:
    begin = total = 0
    for index, text in enumerate(texts):
        if total and total + len(text) > _MAX_SYMBOLS:
            yield begin, index
            begin, total = index, 0
        total += len(text)
    if texts:
        yield begin, len(texts)


def _pool(cells: NDArray[np.float32], packed: Packed) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean class scores (N, 5) and the normalised weight of each cell (T,); an empty text has mean 0."""
    texts = len(packed.starts)
    weights = np.exp(np.clip(cells[:, -1].astype(np.float64), -MAX_LOG_WEIGHT, MAX_LOG_WEIGHT))
    weights[packed.cell_text == texts] = 0
    total = np.bincount(packed.cell_text, weights, minlength=texts + 1)
    total[total == 0] = 1  # an empty text's, which has no cells to divide
    weights /= total[packed.cell_text]
    weighted = cells[:, :-1] * weights[:, np.newaxis]
    # bincount adds cell by cell, where sum() and reduceat add in an order that may depend on the array around: so a
    # text's neighbours change no bit of its answer.
    means = [np.bincount(packed.cell_text, of_star, minlength=texts + 1)[:texts] for of_star in weighted.T]
    return np.stack(means, axis=1), weights
