"""What a person looks at after a run: pictures, the table of sources, the worst errors."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.calibration import LABEL_OF_STAR
from charcnn.prediction import LABELS

from opine_training.evaluation.evaluate import pooled
from opine_training.evaluation.plots import confusion_picture, curves_picture, reliability_picture
from opine_training.runs.folder import read_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from opine_training.evaluation.evaluate import Scored
    from opine_training.fitting.checkpoint import Progress

_WORST = 100


def write_report(folder: Path, scored: Sequence[Scored], progress: Progress, metrics: dict[str, Any]) -> None:
    """`report.md` and what it shows. The worst errors quote reviews: they stay in the run's folder."""
    together = pooled(scored)
    if together is None:
        return
    reading, truth = together.readings["whole"], LABEL_OF_STAR[together.stars]
    config, _ = read_config(folder)
    curves_picture(progress.history, config.criterion, progress.best_epoch, folder / "curves.svg")
    confusion_picture(truth, reading.labels, folder / "confusion.svg")
    reliability_picture(reading.probabilities, truth, folder / "reliability.svg")
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
    reading, truth = scored.readings["whole"], LABEL_OF_STAR[scored.stars]
    of_truth = reading.probabilities[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(reading.labels != truth)
    worst = wrong[np.argsort(of_truth[wrong], kind="stable")][:_WORST]
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["probability_of_truth", "stars", "predicted", "text"])
        writer.writerows(
            [
                round(float(of_truth[place]), 4),
                int(scored.stars[place]) + 1,
                LABELS[reading.labels[place]],
                scored.texts[place],
            ]
            for place in worst
        )
