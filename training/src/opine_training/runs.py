"""A run's folder: its files, its configuration as JSON, and the checkpoint from which it goes on."""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

import torch
from pydantic import TypeAdapter

from opine_training import InputError
from opine_training.config import TrainConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor, nn

logger = logging.getLogger(__name__)
_LOG_FORMAT = "%(asctime)s %(message)s"


@contextmanager
def atomic_write(file: Path) -> Iterator[IO[bytes]]:
    """A kill while writing leaves what was there before."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    with unfinished.open("wb") as handle:
        yield handle
        handle.flush()
        # Without it a power cut can leave the new name on a file without content.
        os.fsync(handle.fileno())
    unfinished.replace(file)


@contextmanager
def log_to(file: Path) -> Iterator[None]:
    """Log to the error output and to a file."""
    logging.basicConfig(format=_LOG_FORMAT, stream=sys.stderr)
    # Libraries keep their own level: matplotlib and PyTorch say much at this one.
    ours = logging.getLogger("opine_training")
    ours.setLevel(logging.INFO)
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT))
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        handler.close()


ARTEFACT = "artefact"
CORPUS = "corpus"
CONFIG = "config.json"
DATA = "data.json"
METRICS = "metrics.json"
LOG = "log.txt"
CHECKPOINT = "checkpoint.pt"


class RunError(InputError):
    """The folder is of another run, or of none; the message says what to do."""


def write_json(file: Path, content: object) -> None:
    """For a person to read; what JSON does not know, such as a path, as text."""
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
    # Through JSON, as the file went: a tuple that became a list is no difference.
    ours = json.loads(json.dumps(asked, default=str))
    file = folder / CONFIG
    # Without a checkpoint nothing was learned yet: a first try with a wrong option need not be cleared away.
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
        raise RunError(f"{folder} holds a run of another command; name the folder of a `train` run with --run")
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


class CheckpointError(InputError):
    """There is nothing to go on from; the message says what to do."""


class Stepping(Protocol):
    """What changes with every step."""

    @property
    def network(self) -> nn.Module: ...

    @property
    def optimiser(self) -> torch.optim.Optimizer: ...


@dataclass(slots=True)
class Progress:
    """How far a run got: with weights and optimiser, all that a checkpoint holds."""

    epoch: int = 0
    batch: int = 0
    """Steps taken of this epoch."""
    step: int = 0
    """Steps taken in all."""
    loss: float = 0.0
    """Running mean of the training loss."""
    # 0 until the first epoch is judged, whatever its value: `best` says whether there is one.
    best_value: float = 0.0
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    """One entry an epoch."""

    def as_dict(self) -> dict[str, Any]:
        # Not dataclasses.asdict, which copies the best epoch's weights.
        return {name: getattr(self, name) for name in Progress.__slots__}


def save_checkpoint(folder: Path, stepper: Stepping, progress: Progress) -> None:
    """Write the checkpoint, or leave the one that was there."""
    state = {
        "network": stepper.network.state_dict(),
        "optimiser": stepper.optimiser.state_dict(),
        "progress": progress.as_dict(),
    }
    # Into one file: weights, optimiser and progress of different steps would make no run.
    with atomic_write(folder / CHECKPOINT) as handle:
        torch.save(state, handle)


def restore_checkpoint(folder: Path, stepper: Stepping) -> Progress:
    """Restore the run of this folder, or start a new one where there is none."""
    if not (folder / CHECKPOINT).exists():
        return Progress()
    state = _load(folder)
    stepper.network.load_state_dict(state["network"])
    stepper.optimiser.load_state_dict(state["optimiser"])
    progress = Progress(**state["progress"])
    logger.info("going on after epoch %d, step %d of the next", progress.epoch, progress.batch)
    return progress


def read_progress(folder: Path) -> Progress:
    """How far a run got, with the weights of its best epoch.

    Raises:
        CheckpointError: it has none yet.
    """
    if not (folder / CHECKPOINT).exists():
        raise CheckpointError(f"{folder} has no {CHECKPOINT}; name the folder of a run (`train --run`)")
    progress = Progress(**_load(folder)["progress"])
    if progress.best is None:
        raise CheckpointError(f"{folder}: no epoch of this run is done yet; let it go on")
    return progress


def _load(folder: Path) -> dict[str, Any]:
    # Weights only: a checkpoint from elsewhere runs no code. To the CPU: the run may go on without the GPU it had.
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True, map_location="cpu")
    return state
