"""Variants of a run, each with several seeds, and the table of what they bring."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import statistics
import sys
import tomllib
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charcnn.artefact import atomic_folder
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opine_training import InputError
from opine_training.commands import train
from opine_training.config import parse
from opine_training.runs import CORPUS, METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)
_COMPARED = "macro-F1"
_COLUMNS: dict[str, Callable[[dict[str, Any]], float]] = {
    _COMPARED: itemgetter("macro_f1"),
    "accuracy": itemgetter("accuracy"),
    "accuracy, uniform prior": itemgetter("accuracy_uniform_prior"),
    "calibration error": itemgetter("calibration_error"),
    "accuracy, first 25 %": lambda figures: figures["beginnings"]["25%"],
    "macro-F1, 5 % typos": lambda figures: figures["robustness"]["typos"]["macro_f1"],
    "macro-F1, capitals": lambda figures: figures["robustness"]["capitals"]["macro_f1"],
}


class AblationError(InputError):
    """The plan is at fault; the message says where."""


class Plan(BaseModel):
    """The variants and their seeds, as the TOML file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: tuple[int, ...] = Field(min_length=1)
    shared: tuple[str, ...]
    """Options of `train` that all variants have."""
    variants: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Further options by the variant's name; the first variant is what the others are compared with."""


def read_plan(file: Path) -> Plan:
    """Raises AblationError where the file is no plan."""
    try:
        return Plan.model_validate(tomllib.loads(file.read_text()))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise AblationError(f"{file}: {error}") from error


def run_missing(plan: Plan, runs: Path, train: Callable[[list[str]], None]) -> None:
    """Do what has not been done yet, one run after the other, by the `train` command."""
    first = run_folder(runs, next(iter(plan.variants)), plan.seeds[0])
    for variant, options in plan.variants.items():
        for seed in plan.seeds:
            folder = run_folder(runs, variant, seed)
            # Written once a run is trained and evaluated: one that was cut off goes on from its checkpoint.
            if not (folder / METRICS).exists():
                logger.info("%s, seed %d", variant, seed)
                _link_corpus(first, folder)
                # The baseline does not depend on the variant.
                train([*plan.shared, *options, "--no-word-tfidf", "--seed", str(seed), "--run", str(folder)])


def _link_corpus(source: Path, folder: Path) -> None:
    """Spare a run the reading; one of other data or another encoding replaces the links by its own."""
    if (source / CORPUS).exists() and not (folder / CORPUS).exists():
        # Hard links: the files are mapped and never changed, and a corpus of millions is gigabytes.
        with atomic_folder(folder / CORPUS) as unfinished:
            shutil.copytree(source / CORPUS, unfinished, copy_function=os.link, dirs_exist_ok=True)


def run_folder(runs: Path, variant: str, seed: int) -> Path:
    """Where a variant's run with a seed is."""
    return runs / f"{re.sub(r'[^a-z0-9]+', '-', variant.lower()).strip('-')}-{seed}"


def table(plan: Plan, runs: Path) -> str:
    """Mean and standard deviation over the seeds, and the difference in macro-F1 to the first variant."""
    figures = {variant: _figures(plan, runs, variant) for variant in plan.variants}
    first = statistics.mean(next(iter(figures.values()))[_COMPARED])
    lines = [
        f"Validation rows; mean ± standard deviation of {len(plan.seeds)} seeds.",
        "",
        f"| variant | {' | '.join(_COLUMNS)} | {_COMPARED} against the first |",
        "| --- |" + " --- |" * (len(_COLUMNS) + 1),
    ]
    for variant, columns in figures.items():
        difference = statistics.mean(columns[_COMPARED]) - first
        cells = [_spread(values) for values in columns.values()]
        lines.append(f"| {variant} | {' | '.join(cells)} | {difference:+.3f} |")
    return "\n".join(lines) + "\n"


def _figures(plan: Plan, runs: Path, variant: str) -> dict[str, list[float]]:
    read: list[dict[str, Any]] = [
        json.loads((run_folder(runs, variant, seed) / METRICS).read_text())["validation"]["all"] for seed in plan.seeds
    ]
    return {name: [figure(each) for each in read] for name, figure in _COLUMNS.items()}


def _spread(values: list[float]) -> str:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.3f} ± {spread:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablate:
    """Train named variants with several seeds and print what each brings as a Markdown table: mean and spread.

        ablate --plan ablation.toml --runs runs/ablation > ablation.md

    A plan names the options that all variants share and those in which each differs; the first variant is the one that
    the others are compared with:

        seeds = [1, 2, 3]
        shared = ["--data", "reviews", "--epochs", "3"]
        [variants]
        "as it is" = []
        "without prefixes" = ["--augmentation.prefix-share", "0"]

    Each run is a `train` in a folder of its own; runs that are done are not repeated.
    """

    plan: Path
    """A TOML file."""
    runs: Path = Path("runs/ablation")
    """Where the runs' folders go."""


def main(arguments: Sequence[str]) -> None:
    command = parse(Ablate, "ablate", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    plan = read_plan(command.plan)
    run_missing(plan, command.runs, train.main)
    sys.stdout.write(table(plan, command.runs))
