"""What a person looks at: after a run pictures, the table of sources and the worst errors; of a verdict its page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from charcnn.prediction import LABEL_OF_STAR, LABELS
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from opine_training.evaluation import pooled
from opine_training.metrics import reliability
from opine_training.runs import read_config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from opine_training.evaluation import Scored
    from opine_training.runs import Progress


def _axes(width: float = 5.0, height: float = 4.2) -> tuple[Figure, Axes]:
    """Sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    """Without date and chance names, and with letters as text: the same figures make the same picture."""
    with mpl.rc_context({"svg.hashsalt": "opine", "svg.fonttype": "none"}), io.StringIO() as written:
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        return written.getvalue()


_DARK = 0.5  # share from which a cell is too dark for black digits


def confusion_picture(truth: NDArray[np.integer], predicted: NDArray[np.integer], file: Path) -> None:
    """Counts, shaded by their share of the true class."""
    counts = confusion_matrix(truth, predicted, labels=range(len(LABELS)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if shares[row, column] > _DARK else "black"
        text = f"{counts[row, column]:,}\n{shares[row, column]:.1%}"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    file.write_text(_svg(figure), encoding="utf-8")


def reliability_picture(probabilities: NDArray[np.floating], truth: NDArray[np.integer], file: Path) -> None:
    """Accuracy against confidence of the likeliest class; the area of a dot is its share of the rows."""
    bins = reliability(probabilities, truth)
    rows, confidence, accuracy = (np.array(column) for column in zip(*bins, strict=True))
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfectly calibrated")
    axes.plot(confidence, accuracy, color="tab:blue")
    axes.scatter(confidence, accuracy, s=10 + 400 * rows / rows.sum(), color="tab:blue")
    axes.set_xlim(0.3, 1.02)  # the likeliest of three classes has at least a third
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.legend()
    file.write_text(_svg(figure), encoding="utf-8")


def curves_picture(history: Sequence[dict[str, float]], criterion: str, best_epoch: int, file: Path) -> None:
    """Training loss and tuning criterion by epoch; `best_epoch` counts from 0."""
    epochs = range(1, len(history) + 1)
    figure, axes = _axes()
    axes.plot(epochs, [each["training_loss"] for each in history], marker="o", label="training loss")
    axes.plot(epochs, [each["tuning"] for each in history], marker="o", label=f"tuning {criterion.replace('_', ' ')}")
    axes.axvline(best_epoch + 1, color="grey", linestyle=":", label="kept")
    axes.set_xlabel("epoch")
    axes.legend()
    file.write_text(_svg(figure), encoding="utf-8")


def rate_range_picture(rates: Sequence[float], losses: Sequence[float], best: float, file: Path) -> None:
    """The smoothed loss against the learning rate of a range test, and the rate that it proposes."""
    figure, axes = _axes()
    axes.semilogx(rates, losses)
    axes.axvline(best, color="grey", linestyle=":", label=f"proposed: {best:.2g}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("smoothed loss")
    axes.legend()
    file.write_text(_svg(figure), encoding="utf-8")


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


_LIVE, _CANDIDATE = "tab:gray", "tab:blue"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; } td, th { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; }
svg { max-width: 100%; height: auto; } .refused { color: #b00020; } .passed { color: #006b3c; }
"""


def verdict_page(
    name: str, training: dict[str, Any], verdict: dict[str, Any], shares: Mapping[date, tuple[float, float]]
) -> str:
    """How a version was judged, as a whole page with its pictures in it; it goes with the artefact, quoting no review.

    Args:
        name: of the version.
        training: of the manifest, as `fine-tune` writes it; anything else is passed over.
        verdict: of the manifest, as `gate` writes it.
        shares: of the proposals that authors left by day: the live version's and this one's.
    """
    result, checks = _result(verdict), verdict["checks"]
    rows = "\n".join(
        f'<tr><td>{escape(name)}</td><td class="{_result(check)}">{_result(check)}</td>'
        f"<td>{escape(check['said'])}</td></tr>"
        for name, check in checks.items()
    )
    pictures = [
        ("Difference of the share of proposals that people leave", _differences(checks)),
        ("The same by day", _by_day(shares)),
        ("Texts of our own that a person would accept", _behaviour(checks["behaviour"])),
    ]
    if steps := training.get("steps"):
        pictures.append(("What each step of the fine-tuning says of the newest reviews", _steps(steps)))
    shown = "\n".join(f"<h2>{escape(title)}</h2>\n{picture}" for title, picture in pictures)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(name)}: {result}</title>
<style>{_STYLE}</style></head>
<body>
<h1>{escape(name)}: <span class="{result}">{result}</span></h1>
{_origin(training)}
<table><tr><th>check</th><th>result</th><th></th></tr>
{rows}
</table>
{shown}
</body>
</html>
"""


def _result(judged: Mapping[str, Any]) -> str:
    return "passed" if judged["passed"] else "refused"


def _origin(training: dict[str, Any]) -> str:
    if "parent" not in training:
        return ""
    parent, dataset = training["parent"], training["dataset"]
    return (
        f"<p>Fine-tuned from {escape(parent['name'])} {escape(parent['version'])} on {training['rows']:,} reviews "
        f"until {escape(dataset['until'])} (dataset <code>{escape(dataset['fingerprint'][:16])}</code>, run "
        f"{escape(training['run'])}).</p>"
    )


def _differences(figures: dict[str, Any]) -> str:
    shown = [(name, figures[name]) for name in ("corrections", "others") if figures[name]["reviews"]]
    figure, axes = _axes(8, 0.6 + 0.5 * len(shown))
    for row, (_, each) in enumerate(shown):
        low, middle, high = (100 * each[key] for key in ("low", "difference", "high"))
        axes.errorbar(middle, row, xerr=[[middle - low], [high - middle]], fmt="o", color=_CANDIDATE, capsize=4)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.axvline(-100 * figures["corrections"]["margin"], color="tab:red", linestyle=":", label="margin")
    axes.set_yticks(range(len(shown)), [f"{name} ({each['reviews']:,})" for name, each in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel("points more than the live version")
    axes.legend(loc="lower right")
    return _inline(figure)


def _by_day(shares: Mapping[date, tuple[float, float]]) -> str:
    figure, axes = _axes(8, 2.4)
    days: list[Any] = list(shares)  # matplotlib draws dates, its types know none
    for name, column, colour in (("live", 0, _LIVE), ("candidate", 1, _CANDIDATE)):
        axes.plot(days, [each[column] for each in shares.values()], marker="o", label=name, color=colour)
    if days:
        axes.set_xlim(days[0] - timedelta(days=1), days[-1] + timedelta(days=1))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("left as proposed")
    axes.tick_params(axis="x", rotation=30)
    axes.legend()
    return _inline(figure)


def _behaviour(figures: dict[str, Any]) -> str:
    kinds = list(figures["live"]["kinds"])
    figure, axes = _axes(8, 0.32 * len(kinds) + 0.8)
    where = np.arange(len(kinds))
    for shift, name, colour in ((0.2, "live", _LIVE), (-0.2, "candidate", _CANDIDATE)):
        shares = [figures[name]["kinds"][kind]["accepted"] for kind in kinds]
        axes.barh(where + shift, shares, height=0.38, label=name, color=colour)
    axes.set_yticks(where, kinds)
    axes.set_xlim(0, 1)
    axes.set_xlabel("accepted")
    axes.legend(loc="lower left")
    return _inline(figure)


def _steps(steps: Sequence[dict[str, Any]]) -> str:
    figure, axes = _axes(8, 0.45 * len(steps) + 0.8)
    where = np.arange(len(steps))
    colours = [_CANDIDATE if step["chosen"] else _LIVE for step in steps]
    axes.barh(where, [step["log_loss"] for step in steps], color=colours)
    axes.set_yticks(where, [f"{step['step']} ({step['agreement']:.0%} left)" for step in steps])
    axes.invert_yaxis()
    axes.set_xlabel("log-loss; less is better")
    return _inline(figure)


def _inline(figure: Figure) -> str:
    """As it may stand in a page."""
    drawn = _svg(figure)
    return drawn[drawn.index("<svg") :]
