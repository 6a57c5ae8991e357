"""All that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

logger = logging.getLogger(__name__)
_NAME = "checkpoint.pt"


@dataclass(slots=True)
class Progress:
    epoch: int = 0
    batch: int = 0
    loss: float = 0.0
    best_loss: float = 0.0
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None


def save_checkpoint(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
    """Write it whole or not at all: a kill while writing leaves the one before."""
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "progress": {name: getattr(progress, name) for name in Progress.__slots__},
    }
    unfinished = folder / f"{_NAME}.unfinished"
    torch.save(state, unfinished)
    with unfinished.open("rb") as handle:
        os.fsync(handle.fileno())
    unfinished.replace(folder / _NAME)


def load_checkpoint(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> Progress:
    """Restore the run of this folder, or start a new one where there is none."""
    file = folder / _NAME
    if not file.exists():
        return Progress()
    state: dict[str, Any] = torch.load(file, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    progress = Progress(**state["progress"])
    logger.info("going on after epoch %d, batch %d", progress.epoch, progress.batch)
    return progress
