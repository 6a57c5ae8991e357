"""What a person looks at after a run: pictures, the table of sources, the worst errors."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.prediction import LABEL_OF_STAR, LABELS
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from opine_training.evaluation import pooled
from opine_training.metrics import reliability
from opine_training.runs import read_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.evaluation import Scored
    from opine_training.runs import Progress

_SIZE = (5.0, 4.2)  # inches
_DARK = 0.5  # share from which a cell is too dark for black digits


def confusion_picture(truth: NDArray[np.integer], predicted: NDArray[np.integer], file: Path) -> None:
    """Counts, shaded by their share of the true class."""
    counts = confusion_matrix(truth, predicted, labels=range(len(LABELS)))
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
    axes.set_xlim(0.3, 1.02)  # the likeliest of three classes has at least a third
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.legend()
    _save(figure, file)


def curves_picture(history: Sequence[dict[str, float]], criterion: str, best_epoch: int, file: Path) -> None:
    """Training loss and tuning criterion by epoch; `best_epoch` counts from 0."""
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
    """The smoothed loss against the learning rate of a range test, and the rate that it proposes."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.semilogx(rates, losses)
    axes.axvline(best, color="grey", linestyle=":", label=f"proposed: {best:.2g}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("smoothed loss")
    axes.legend()
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    # Without the date the same run draws the same file.
    figure.savefig(file, metadata={"Date": None})


_WORST = 100  # as many as a person reads in one go


def write_report(folder: Path, scored: Sequence[Scored], progress: Progress, metrics: dict[str, Any]) -> None:
    """`report.md` and what it shows. The worst errors quote reviews: they stay in the run's folder."""
    together = pooled(scored)
    if together is None:
        return
    predictions, truth = together.predictions["whole"], LABEL_OF_STAR[together.stars]
    config, _ = read_config(folder)
    curves_picture(progress.history, config.criterion, progress.best_epoch, folder / "curves.svg")
    confusion_picture(truth, predictions.labels, folder / "confusion.svg")
    reliability_picture(predictions.probabilities, truth, folder / "reliability.svg")
    _write_worst(folder / "worst-errors.csv", together)
    (folder / "report.md").write_text(_report(metrics))


def _report(metrics: dict[str, Any]) -> str:
    columns = (
        "rows",
        "accuracy",
        "accuracy_uniform_prior",
        "macro_f1",
        "stars_mean_absolute_error",
        "calibration_error",
    )
    sets = {"all": metrics["validation"]["all"], **metrics["validation"]["sources"]}
    rows = "\n".join(
        f"| {name} | " + " | ".join(str(each[column]) for column in columns) + " |" for name, each in sets.items()
    )
    return f"""# Validation rows

| source | {" | ".join(columns)} |
| --- |{" --- |" * len(columns)}
{rows}

![Losses by epoch](curves.svg)
![True against predicted class](confusion.svg)
![Accuracy against confidence](reliability.svg)

`worst-errors.csv` holds the {_WORST} reviews that the model is most surely wrong about.
"""


def _write_worst(file: Path, scored: Scored) -> None:
    predictions, truth = scored.predictions["whole"], LABEL_OF_STAR[scored.stars]
    of_truth = predictions.probabilities[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(predictions.labels != truth)
    worst = wrong[np.argsort(of_truth[wrong], kind="stable")][:_WORST]
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["probability_of_truth", "stars", "predicted", "text"])
        writer.writerows(
            [
                round(float(of_truth[index]), 4),
                int(scored.stars[index]) + 1,
                LABELS[predictions.labels[index]],
                scored.texts[index],
            ]
            for index in worst
        )
