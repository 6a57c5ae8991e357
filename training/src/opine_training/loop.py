"""The training loop, with its progress bar, curves and checkpoints."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sklearn.metrics import f1_score
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from opine_training.calibration import calibrated_log_loss
from opine_training.networks import predict_logits
from opine_training.optimisation import Batch, Stepper, learning_rate
from opine_training.runs import Progress, restore_checkpoint, save_checkpoint
from opine_training.sampling import Epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from torch import nn

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus
    from opine_training.networks import Encoding
    from opine_training.optimisation import Device, Processes
    from opine_training.sampling import SoftTargets

logger = logging.getLogger(__name__)
_EVERY = 20  # steps between two points of a curve; a picture shows no more


class Curves:
    """TensorBoard's curves of a run."""

    def __init__(self, folder: Path, step: int, *, write: bool) -> None:
        """What was written past `step` by a run that was killed is hidden."""
        self._writer = SummaryWriter(folder, purge_step=step + 1) if write else None

    def step(self, step: int, loss: float, learning_rate: float) -> None:
        """Note a step, counted over the whole run."""
        if self._writer and step % _EVERY == 0:
            self._writer.add_scalar("training/loss", loss, step)
            self._writer.add_scalar("training/learning_rate", learning_rate, step)

    def epoch(self, step: int, value: float) -> None:
        """Note what the tuning rows say at the end of an epoch."""
        if self._writer:
            self._writer.add_scalar("tuning/criterion", value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()


B = TypeVar("B")
_SMOOTHING = 0.98  # of the running mean of the loss: about the last fifty steps


def run_steps(
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
            progress.loss = _SMOOTHING * progress.loss + (1 - _SMOOTHING) * loss if progress.step > 1 else loss
            curves.step(progress.step, loss, rate)
            bar.update()
            bar.set_postfix(loss=f"{progress.loss:.4f}", refresh=False)
            # Not after the last step: the epoch's end writes a checkpoint in any case.
            if time.monotonic() - saved > 60 * save_minutes and progress.batch < count:
                save()
                saved = time.monotonic()


@dataclass(slots=True)
class Training:
    """One run: its state is the network, the optimiser and how far it got, all of it in the checkpoint."""

    config: TrainConfig
    network: nn.Module
    """What it starts from."""
    encoding: Encoding
    corpus: Corpus
    tuning: Corpus
    folder: Path
    device: Device
    processes: Processes
    soft_targets: SoftTargets | None = None

    def run(self) -> Progress:
        """Train to the end or until nothing improves; the checkpoint then holds the best epoch's weights."""
        stepper = Stepper(self.network, self.config, self.device, self.processes)
        progress = restore_checkpoint(self.folder, stepper)
        with Curves(self.folder / "tensorboard", progress.step, write=self.processes.first) as curves:
            while progress.epoch < self.config.epochs:
                if self.config.patience and progress.epoch - progress.best_epoch > self.config.patience:
                    logger.info("no better epoch since epoch %d: stopping", progress.best_epoch + 1)
                    break
                self._epoch(stepper, progress, curves)
                self._evaluate(stepper, progress, curves)
                progress.epoch += 1
                progress.batch = 0
                self._save(stepper, progress)
        return progress

    def _epoch(self, stepper: Stepper, progress: Progress, curves: Curves) -> None:
        config = self.config
        epoch = Epoch(
            self.corpus, self.encoding, config, progress.epoch, processes=self.processes, soft_targets=self.soft_targets
        )

        def step(number: int, batch: Batch) -> tuple[float, float]:
            done = progress.epoch + number / len(epoch)
            rate = learning_rate(config.optimiser.learning_rate, config.schedule, done, config.epochs)
            return stepper.step(batch, rate, (config.seed, progress.epoch, number)), rate

        run_steps(
            self._batches(epoch, progress.batch),
            step,
            progress,
            curves,
            count=len(epoch),
            epochs=config.epochs,
            save=lambda: self._save(stepper, progress),
            save_minutes=config.checkpoint_minutes,
            shown=self.processes.first,
        )

    def _batches(self, epoch: Epoch, begin: int) -> Iterator[tuple[int, Batch]]:
        # The sampler names steps, not rows: a step is seeded by its number, so a resumed epoch skips without reading.
        numbers = range(begin, len(epoch))
        # A dataset makes whole steps, so the loader neither groups nor collates.
        loader = DataLoader(
            epoch, batch_size=None, sampler=numbers, num_workers=self.device.workers, collate_fn=_as_it_is
        )
        yield from zip(numbers, loader, strict=True)

    def _evaluate(self, stepper: Stepper, progress: Progress, curves: Curves) -> None:
        # One judges for all: were each to judge, rounding could let them stop at different epochs and wait for ever.
        value = self.processes.broadcast(self._value(stepper) if self.processes.first else 0.0)
        logger.info("epoch %d: training loss %.4f, tuning %.4f", progress.epoch + 1, progress.loss, value)
        progress.history.append({"training_loss": progress.loss, "tuning": value})
        curves.epoch(progress.step, value)
        falls = self.config.criterion == "calibrated_loss"
        better = value < progress.best_value if falls else value > progress.best_value
        if progress.best is None or better:
            progress.best_value, progress.best_epoch = value, progress.epoch
            # To the CPU: the best epoch's weights would double what the network takes on a GPU.
            progress.best = {name: each.detach().cpu().clone() for name, each in stepper.network.state_dict().items()}

    def _value(self, stepper: Stepper) -> float:
        """What the configured criterion says of the tuning rows."""
        # Calibrated first, since the export calibrates, too: an epoch must not lose for being too sure.
        logits = predict_logits(stepper.network, self.encoding, self.tuning)
        classes = self.encoding.classes_of(self.tuning.stars)
        if self.config.criterion == "calibrated_loss":
            return calibrated_log_loss(logits, classes)
        return float(f1_score(classes, logits.argmax(axis=1), average="weighted"))

    def _save(self, stepper: Stepper, progress: Progress) -> None:
        if self.processes.first:
            save_checkpoint(self.folder, stepper, progress)


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401  as the loader declares it
    return batch
