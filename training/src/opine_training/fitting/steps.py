"""What every step of an epoch brings with it, whatever learns: a bar, curves, and a checkpoint now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opine_training.fitting.checkpoint import Progress
    from opine_training.fitting.curves import Curves

B = TypeVar("B")
_MEMORY = 0.98  # of the running mean of the loss


def take_steps(
    batches: Iterable[tuple[int, B]],
    step: Callable[[int, B], tuple[float, float]],
    progress: Progress,
    curves: Curves,
    *,
    count: int,
    epochs: int,
    save: Callable[[], None],
    save_minutes: float,
    shown: bool = True,
) -> None:
    """Go on with an epoch to its end.

    Args:
        batches: from `progress.batch` on, with their numbers.
        step: learns from a batch, and returns its loss and the learning rate.
        progress: is kept up to date.
        curves: of losses and rates.
        count: steps of the epoch.
        epochs: of the run.
        save: writes a checkpoint.
        save_minutes: between two of them.
        shown: whether there is a bar.
    """
    saved = time.monotonic()
    with tqdm(
        total=count,
        initial=progress.batch,
        desc=f"epoch {progress.epoch + 1}/{epochs}",
        unit="step",
        mininterval=2,
        disable=not shown,
    ) as bar:
        for number, batch in batches:
            loss, rate = step(number, batch)
            progress.batch, progress.step = number + 1, progress.step + 1
            progress.loss = _MEMORY * progress.loss + (1 - _MEMORY) * loss if progress.step > 1 else loss
            curves.step(progress.step, loss, rate)
            bar.update()
            bar.set_postfix(loss=f"{progress.loss:.4f}", refresh=False)
            if time.monotonic() - saved > 60 * save_minutes and progress.batch < count:
                save()
                saved = time.monotonic()
