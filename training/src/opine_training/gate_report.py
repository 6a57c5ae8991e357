"""The page that tells how a version was judged; it goes with the artefact and quotes no review."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from opine_training.gate import Judged, Verdict

_LIVE, _CANDIDATE = "tab:gray", "tab:blue"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; } td, th { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; }
svg { max-width: 100%; height: auto; } .refused { color: #b00020; } .passed { color: #006b3c; }
"""


def report_page(name: str, training: dict[str, Any], verdict: Verdict) -> str:
    """A whole page, with its pictures in it.

    Args:
        name: of the version.
        training: of the manifest, as `opine_training.fine_tuned.Lineage` makes it; anything else is passed over.
        verdict: what is told.
    """
    result = "passed" if verdict.passed else "refused"
    rows = "\n".join(
        f'<tr><td>{escape(check.name)}</td><td class="{"passed" if check.passed else "refused"}">'
        f"{'passed' if check.passed else 'refused'}</td><td>{escape(check.said)}</td></tr>"
        for check in verdict.checks
    )
    figures = verdict.as_dict()["checks"]
    pictures = [
        ("Difference of the share of proposals that people leave", _differences(figures)),
        ("The same by day", _by_day(verdict.judged)),
        ("Texts of our own that a person would accept", _behaviour(figures["behaviour"])),
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
    figure, axes = _axes(0.6 + 0.5 * len(shown))
    for row, (_, each) in enumerate(shown):
        low, middle, high = (100 * each[key] for key in ("low", "difference", "high"))
        axes.errorbar(middle, row, xerr=[[middle - low], [high - middle]], fmt="o", color=_CANDIDATE, capsize=4)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.axvline(-100 * figures["corrections"]["margin"], color="tab:red", linestyle=":", label="margin")
    axes.set_yticks(range(len(shown)), [f"{name} ({each['reviews']:,})" for name, each in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel("points more than the live version")
    axes.legend(loc="lower right")
    return _svg(figure)


def _by_day(judged: Judged) -> str:
    by_day: defaultdict[Any, list[int]] = defaultdict(list)
    for index, day in enumerate(judged.days):
        by_day[day].append(index)
    days = sorted(by_day)
    figure, axes = _axes(2.4)
    for name, kept, colour in (("live", judged.live, _LIVE), ("candidate", judged.candidate, _CANDIDATE)):
        axes.plot(days, [float(kept[by_day[day]].mean()) for day in days], marker="o", label=name, color=colour)
    if days:
        axes.set_xlim(days[0] - timedelta(days=1), days[-1] + timedelta(days=1))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("left as proposed")
    axes.tick_params(axis="x", rotation=30)
    axes.legend()
    return _svg(figure)


def _behaviour(figures: dict[str, Any]) -> str:
    kinds = list(figures["live"]["kinds"])
    figure, axes = _axes(0.32 * len(kinds) + 0.8)
    where = np.arange(len(kinds))
    for shift, name, colour in ((0.2, "live", _LIVE), (-0.2, "candidate", _CANDIDATE)):
        shares = [figures[name]["kinds"][kind]["accepted"] for kind in kinds]
        axes.barh(where + shift, shares, height=0.38, label=name, color=colour)
    axes.set_yticks(where, kinds)
    axes.set_xlim(0, 1)
    axes.set_xlabel("accepted")
    axes.legend(loc="lower left")
    return _svg(figure)


def _steps(steps: Sequence[dict[str, Any]]) -> str:
    figure, axes = _axes(0.45 * len(steps) + 0.8)
    where = np.arange(len(steps))
    colours = [_CANDIDATE if step["chosen"] else _LIVE for step in steps]
    axes.barh(where, [step["log_loss"] for step in steps], color=colours)
    axes.set_yticks(where, [f"{step['step']} ({step['agreement']:.0%} left)" for step in steps])
    axes.invert_yaxis()
    axes.set_xlabel("log-loss; less is better")
    return _svg(figure)


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    """Without date and chance names, and with letters as text: the same figures make the same page."""
    with mpl.rc_context({"svg.hashsalt": "opine", "svg.fonttype": "none"}), io.StringIO() as written:
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        drawn = written.getvalue()
    return drawn[drawn.index("<svg") :]
