"""Variants of a run, each with several seeds, and the table of what they bring."""

from __future__ import annotations

import json
import logging
import re
import statistics
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opine_training.runs.folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)
_COLUMNS = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "accuracy_uniform_prior": "accuracy, uniform prior",
    "stars_mean_absolute_error": "stars, mean absolute error",
    "calibration_error": "calibration error",
}


class AblationError(Exception):
    """The plan is at fault; the message says where."""


class Plan(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: tuple[int, ...] = Field(min_length=1)
    shared: tuple[str, ...]
    """Options of `train` that all variants have."""
    variants: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Further options by the variant's name; the first variant is what the others are compared with."""


def read_plan(file: Path) -> Plan:
    try:
        return Plan.model_validate(tomllib.loads(file.read_text()))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise AblationError(f"{file}: {error}") from error


def run_missing(plan: Plan, runs: Path, train: Callable[[list[str]], None]) -> None:
    """Do what has not been done yet, one run after the other, by the `train` command."""
    for variant, options in plan.variants.items():
        for seed in plan.seeds:
            folder = run_folder(runs, variant, seed)
            if not (folder / METRICS).exists():
                logger.info("%s, seed %d", variant, seed)
                train([*plan.shared, *options, "--no-word-tfidf", "--seed", str(seed), "--run", str(folder)])


def run_folder(runs: Path, variant: str, seed: int) -> Path:
    return runs / f"{re.sub(r'[^a-z0-9]+', '-', variant.lower()).strip('-')}-{seed}"


def table(plan: Plan, runs: Path) -> str:
    """Mean and standard deviation over the seeds, and the difference in macro-F1 to the first variant."""
    figures = {variant: _figures(plan, runs, variant) for variant in plan.variants}
    first = statistics.mean(next(iter(figures.values()))["macro_f1"])
    lines = [
        f"Validation rows; mean ± standard deviation of {len(plan.seeds)} seeds.",
        "",
        "| variant | " + " | ".join(_COLUMNS.values()) + " | macro-F1 against the first |",
        "| --- |" + " --- |" * (len(_COLUMNS) + 1),
    ]
    for variant, columns in figures.items():
        difference = statistics.mean(columns["macro_f1"]) - first
        cells = [_spread(columns[name]) for name in _COLUMNS]
        lines.append(f"| {variant} | {' | '.join(cells)} | {difference:+.4f} |")
    return "\n".join(lines) + "\n"


def _figures(plan: Plan, runs: Path, variant: str) -> dict[str, list[float]]:
    read: list[dict[str, Any]] = [
        json.loads((run_folder(runs, variant, seed) / METRICS).read_text())["validation"]["all"] for seed in plan.seeds
    ]
    return {name: [each[name] for each in read] for name in _COLUMNS}


def _spread(values: list[float]) -> str:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4f} ± {spread:.4f}"
