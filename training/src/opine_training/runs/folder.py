"""Names in a run's folder, and its configuration as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from opine_training.config.training import TrainConfig
from opine_training.fitting.checkpoint import CHECKPOINT

if TYPE_CHECKING:
    from pathlib import Path

ARTEFACT = "artefact"
CORPUS = "corpus"
CONFIG = "config.json"
DATA = "data.json"
METRICS = "metrics.json"
LOG = "log.txt"


class RunError(Exception):
    """The folder is of another run, or of none; the message says what to do."""


def write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=2, default=str) + "\n")


def keep_config(folder: Path, asked: dict[str, Any], note: dict[str, Any]) -> None:
    """Write the configuration, or see that a run that goes on has the same one.

    Args:
        folder: of the run.
        asked: what must stay the same; of `train` its configuration, as `training`.
        note: what may differ when a run goes on; the first start's is kept.

    Raises:
        RunError: the run has another configuration.
    """
    ours = json.loads(json.dumps(asked, default=str))
    file = folder / CONFIG
    if not (file.exists() and (folder / CHECKPOINT).exists()):
        write_json(file, {**ours, **note})
        return
    theirs = {name: value for name, value in json.loads(file.read_text()).items() if name not in note}
    differing = sorted(_differences(ours, theirs))
    if differing:
        raise RunError(
            f"{folder} holds a run with other settings ({', '.join(differing)}); name another folder with --run, "
            "or remove this one"
        )


def read_config(folder: Path) -> tuple[TrainConfig, dict[str, Any]]:
    """The configuration of a run, and what else was asked for.

    Raises:
        RunError: the folder has none.
    """
    try:
        document = json.loads((folder / CONFIG).read_text())
    except OSError as error:
        raise RunError(f"{folder} holds no run ({CONFIG}: {error.strerror})") from error
    if "training" not in document:
        raise RunError(f"{folder} holds a run of another command than `train`")
    return TypeAdapter(TrainConfig).validate_python(document.pop("training")), document


def read_summary(folder: Path) -> dict[str, Any]:
    """What data a run read."""
    summary: dict[str, Any] = json.loads((folder / DATA).read_text())
    return summary


def keep_summary(folder: Path, summary: dict[str, Any]) -> None:
    """Write what data a run read, or see that a run that goes on reads the same.

    Raises:
        RunError: it reads other data.
    """
    if (folder / CHECKPOINT).exists() and read_summary(folder)["fingerprint"] != summary["fingerprint"]:
        raise RunError(f"{folder} holds a run on other data; name another folder with --run, or remove this one")
    write_json(folder / DATA, summary)


def _differences(ours: dict[str, Any], theirs: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for name in ours.keys() | theirs.keys():
        mine, other = ours.get(name), theirs.get(name)
        if isinstance(mine, dict) and isinstance(other, dict):
            found += _differences(mine, other, f"{prefix}{name}.")
        elif mine != other:
            found.append(prefix + name)
    return found
