"""The network of 2019 in training: its arguments, and its folder, which is evaluated but never served."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.artefact import CARD, ArtefactError, atomic_folder
from charcnn.legacy_2019 import ALPHABET, Legacy2019Config, Legacy2019Network, score, stars
from charcnn.prediction import softmax
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from opine_training import InputError
from opine_training.metrics import Predictions
from opine_training.networks import Legacy2019Encoding, read_logits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Legacy2019ArgumentError(InputError):
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
        # In 2019 cyclical rates came with a longer half cycle and a decay that no argument changed.
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
        Legacy2019ArgumentError: a value of 2019 has no counterpart.
    """
    # Without abbreviations, or `--data` would be taken for 2019's `--data_path`.
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in (*RENAMED, *CHOICES, *TOGETHER, *WITHOUT_EFFECT):
        parser.add_argument(f"--{name}")
    found, current = parser.parse_known_args(arguments)
    given = {name: value for name, value in vars(found).items() if value is not None}
    options: dict[str, str] = {}
    for name, meanings in CHOICES.items():
        if name in given:
            options |= _meaning(name, given[name], meanings)
    options |= {option: given[name] for name, option in RENAMED.items() if name in given}
    if given.get("scheduler") == "clr" and "max_lr" in given:
        options["--optimiser.learning-rate"] = given["max_lr"]  # in 2019, too, it replaced the rate
    if "early_stopping" in given or "patience" in given:
        stops = given.get("early_stopping", "1") == "1"
        options["--patience"] = given.get("patience", "3") if stops else "0"
    translated = [part for pair in options.items() for part in pair]
    return [*current, *translated], [name for name in given if name in WITHOUT_EFFECT]


def _meaning(name: str, value: str, meanings: dict[str, dict[str, str]]) -> dict[str, str]:
    if value not in meanings:
        known = ", ".join(repr(each) for each in meanings)
        raise Legacy2019ArgumentError(f"--{name} {value!r} has no counterpart here; these have one: {known}")
    return meanings[value]


# File names of before `legacy_2019` was the name: folders that exist stay readable.
LEGACY_2019_MANIFEST = "lineage.json"
LEGACY_2019_WEIGHTS = "lineage.safetensors"


class Legacy2019Manifest(BaseModel):
    """`lineage.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    network: Legacy2019Config
    uniform_prior_offsets: tuple[float, float, float] | None
    training: dict[str, Any]
    metrics: dict[str, Any]


def write_legacy_2019(folder: Path, network: Legacy2019Network, manifest: Legacy2019Manifest, card: str) -> None:
    """Write the folder whole or not at all."""
    with atomic_folder(folder) as unfinished:
        save_file(network.state_dict(), unfinished / LEGACY_2019_WEIGHTS)
        (unfinished / LEGACY_2019_MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
        (unfinished / CARD).write_text(card)


def read_legacy_2019(folder: Path) -> tuple[Legacy2019Manifest, Legacy2019Network]:
    """Raises ArtefactError where the folder is damaged."""
    try:
        manifest = Legacy2019Manifest.model_validate_json((folder / LEGACY_2019_MANIFEST).read_bytes())
        network = Legacy2019Network(manifest.network)
        network.load_state_dict(load_file(folder / LEGACY_2019_WEIGHTS))
    except (OSError, ValidationError, RuntimeError, SafetensorError) as error:
        raise ArtefactError(f"{folder} is no whole model of 2019 ({error}). Train it again.") from error
    return manifest, network.eval()


class Legacy2019Model:
    """Labels, scores and stars as they were in 2019: only the winning class counts."""

    def __init__(self, manifest: Legacy2019Manifest, network: Legacy2019Network) -> None:
        self.manifest = manifest
        self.name = manifest.name
        self.version = manifest.version
        self._network = network

    def predict(self, texts: Sequence[str]) -> Predictions:
        logits = read_logits(self._network, Legacy2019Encoding(self.manifest.network), texts)
        probabilities = softmax(logits.astype(np.float64))
        scores = [score(each) for each in probabilities.tolist()]
        return Predictions(
            probabilities,
            probabilities.argmax(axis=1),
            np.array(scores),
            np.array([stars(each) for each in scores], np.intp),
            self.manifest.uniform_prior_offsets,
        )
