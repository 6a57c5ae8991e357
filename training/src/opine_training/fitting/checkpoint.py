"""All that a run needs to go on as if it had never stopped. Randomness needs no state: it follows from the step."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch

from opine_training.atomic import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

logger = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.pt"


class CheckpointError(Exception):
    """There is nothing to go on from; the message says what to do."""


class Stepping(Protocol):
    """What changes with every step."""

    @property
    def network(self) -> nn.Module: ...

    @property
    def optimiser(self) -> torch.optim.Optimizer: ...


@dataclass(slots=True)
class Progress:
    epoch: int = 0
    batch: int = 0
    """Steps taken of this epoch."""
    step: int = 0
    """Steps taken in all."""
    loss: float = 0.0
    """Running mean of the training loss."""
    best_value: float = 0.0
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    """One entry an epoch."""

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Progress.__slots__}


def save_checkpoint(folder: Path, stepper: Stepping, progress: Progress) -> None:
    state = {
        "network": stepper.network.state_dict(),
        "optimiser": stepper.optimiser.state_dict(),
        "progress": progress.as_dict(),
    }
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
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True, map_location="cpu")
    return state
