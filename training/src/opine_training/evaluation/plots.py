"""Pictures of a run, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from charcnn.prediction import LABELS
from matplotlib.figure import Figure

from opine_training.evaluation.metrics import confusion, reliability

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_SIZE = (5.0, 4.2)
_DARK = 0.5


def confusion_picture(truth: NDArray[np.integer], predicted: NDArray[np.integer], file: Path) -> None:
    """Counts, shaded by their share of the true class."""
    counts = confusion(truth, predicted)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if shares[row, column] > _DARK else "black"
        text = f"{counts[row, column]:,}\n{shares[row, column]:.1%}"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    _save(figure, file)


def reliability_picture(probabilities: NDArray[np.floating], truth: NDArray[np.integer], file: Path) -> None:
    """Accuracy against confidence of the likeliest class; the area of a dot is its share of the rows."""
    bins = reliability(probabilities, truth)
    rows, confidence, accuracy = (np.array(column) for column in zip(*bins, strict=True))
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfectly calibrated")
    axes.plot(confidence, accuracy, color="tab:blue")
    axes.scatter(confidence, accuracy, s=10 + 400 * rows / rows.sum(), color="tab:blue")
    axes.set_xlim(0.3, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.legend()
    _save(figure, file)


def curves_picture(history: Sequence[dict[str, float]], criterion: str, best_epoch: int, file: Path) -> None:
    epochs = range(1, len(history) + 1)
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.plot(epochs, [each["training_loss"] for each in history], marker="o", label="training loss")
    axes.plot(epochs, [each["tuning"] for each in history], marker="o", label=f"tuning {criterion.replace('_', ' ')}")
    axes.axvline(best_epoch + 1, color="grey", linestyle=":", label="kept")
    axes.set_xlabel("epoch")
    axes.legend()
    _save(figure, file)


def rate_range_picture(rates: Sequence[float], losses: Sequence[float], best: float, file: Path) -> None:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.semilogx(rates, losses)
    axes.axvline(best, color="grey", linestyle=":", label=f"proposed: {best:.2g}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("smoothed loss")
    axes.legend()
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None})
