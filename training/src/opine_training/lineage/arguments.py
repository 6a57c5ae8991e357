"""The arguments of the 2019 `train.py`, translated into today's: a command of then works, or says why it does not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from charcnn.legacy_2019 import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Sequence


class LineageArgumentError(Exception):
    """A value of 2019 that has no counterpart."""


RENAMED = {
    "data_path": "--data",
    "label_column": "--columns.rating",
    "text_column": "--columns.text",
    "sep": "--separator",
    "ratio": "--sampling.ratio",
    "max_length": "--network.max-length",
    "dropout_input": "--network.dropout-input",
    "batch_size": "--sampling.batch-texts",
    "learning_rate": "--optimiser.learning-rate",
    "gamma": "--loss.gamma",
    "alpha": "--loss.alpha",
    "min_lr": "--schedule.lowest",
    "stepsize": "--schedule.step-epochs",
    "output": "--run",
    "model_name": "--name",
}
"""Another name, the same value."""

CHOICES: dict[str, dict[str, dict[str, str]]] = {
    "optimizer": {"sgd": {"--optimiser.kind": "sgd"}, "adam": {"--optimiser.kind": "adam"}},
    "balance": {"0": {"--sampling.classes": "all"}, "1": {"--sampling.classes": "cut"}},
    "use_sampler": {"0": {}, "1": {"--sampling.classes": "drawn"}},
    "class_weights": {"0": {}, "1": {"--loss.class-balance": "1"}},
    "focal_loss": {"0": {}, "1": {"--loss.kind": "focal"}},
    "scheduler": {
        "step": {"--schedule.kind": "step"},
        "clr": {
            "--schedule.kind": "cyclical",
            "--schedule.step-epochs": "4",
            "--optimiser.weight-decay": "1e-5",
        },
    },
    "steps": {"lower": {}},
    "group_labels": {"1": {}},
    "ignore_center": {"0": {}},
    "alphabet": {ALPHABET: {}},
    "number_of_characters": {str(len(ALPHABET)): {}},
    "extra_characters": {"": {}},
}
"""Few values, each with its meaning; others are refused."""

TOGETHER = ("early_stopping", "patience", "max_lr")
"""Patience counted only with early stopping, max_lr only with cyclical rates."""

UNCHANGED = ("max_rows", "encoding", "epochs", "workers")

WITHOUT_EFFECT = (
    "validation_split", "chunksize", "label_ignored", "checkpoint", "log_path", "log_every", "log_f1", "flush_history",
)  # fmt: skip
"""Rows are split by a hash of their text, files are always read row by row, checkpoints and logs always written."""


def translate(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Today's arguments for a mix of both, and the names of those of 2019 that have no effect any more.

    Raises:
        LineageArgumentError: a value of 2019 has no counterpart.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in (*RENAMED, *CHOICES, *TOGETHER, *WITHOUT_EFFECT):
        parser.add_argument(f"--{name}")
    found, todays = parser.parse_known_args(arguments)
    given = {name: value for name, value in vars(found).items() if value is not None}
    options: dict[str, str] = {}
    for name, meanings in CHOICES.items():
        if name in given:
            options |= _meaning(name, given[name], meanings)
    options |= {option: given[name] for name, option in RENAMED.items() if name in given}
    if given.get("scheduler") == "clr" and "max_lr" in given:
        options["--optimiser.learning-rate"] = given["max_lr"]
    if "early_stopping" in given or "patience" in given:
        stops = given.get("early_stopping", "1") == "1"
        options["--patience"] = given.get("patience", "3") if stops else "0"
    translated = [part for pair in options.items() for part in pair]
    return [*todays, *translated], [name for name in given if name in WITHOUT_EFFECT]


def _meaning(name: str, value: str, meanings: dict[str, dict[str, str]]) -> dict[str, str]:
    if value not in meanings:
        known = ", ".join(repr(each) for each in meanings)
        raise LineageArgumentError(f"--{name} {value!r} has no counterpart; {known} has")
    return meanings[value]
