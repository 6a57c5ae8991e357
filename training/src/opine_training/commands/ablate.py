from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from opine_training.ablation import AblationError, read_plan, run_missing, table
from opine_training.commands import train
from opine_training.commands.parsing import parse, said_plainly

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    with said_plainly(AblationError):
        plan = read_plan(command.plan)
        run_missing(plan, command.runs, train.main)
        sys.stdout.write(table(plan, command.runs))
