"""The run's curves for TensorBoard: `tensorboard --logdir runs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torch.utils.tensorboard import SummaryWriter

if TYPE_CHECKING:
    from pathlib import Path

_EVERY = 20


class Curves:
    def __init__(self, folder: Path, step: int, *, write: bool) -> None:
        """What was written past `step` by a run that was killed is hidden."""
        self._writer = SummaryWriter(folder, purge_step=step + 1) if write else None

    def step(self, step: int, loss: float, learning_rate: float) -> None:
        if self._writer and step % _EVERY == 0:
            self._writer.add_scalar("training/loss", loss, step)
            self._writer.add_scalar("training/learning_rate", learning_rate, step)

    def epoch(self, step: int, value: float) -> None:
        if self._writer:
            self._writer.add_scalar("tuning/criterion", value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()
