"""The training loop."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader

from opine_training.calibration import calibrated_log_loss
from opine_training.evaluation.metrics import weighted_f1
from opine_training.fitting.batches import Batch, Epoch
from opine_training.fitting.checkpoint import Progress, restore_checkpoint, save_checkpoint
from opine_training.fitting.curves import Curves
from opine_training.fitting.inference import predict_logits
from opine_training.fitting.schedule import learning_rate
from opine_training.fitting.stepper import Stepper
from opine_training.fitting.steps import take_steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import nn

    from opine_training.config.training import TrainConfig
    from opine_training.data.corpus import Corpus
    from opine_training.fitting.device import Device
    from opine_training.fitting.processes import Processes
    from opine_training.fitting.soft_targets import SoftTargets
    from opine_training.networks.encoding import Encoding

logger = logging.getLogger(__name__)


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
                self._judge(stepper, progress, curves)
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

        take_steps(
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
        numbers = range(begin, len(epoch))
        loader = DataLoader(
            epoch, batch_size=None, sampler=numbers, num_workers=self.device.workers, collate_fn=_as_it_is
        )
        yield from zip(numbers, loader, strict=True)

    def _judge(self, stepper: Stepper, progress: Progress, curves: Curves) -> None:
        value = self.processes.agree(self._value(stepper) if self.processes.first else 0.0)
        logger.info("epoch %d: training loss %.4f, tuning %.4f", progress.epoch + 1, progress.loss, value)
        progress.history.append({"training_loss": progress.loss, "tuning": value})
        curves.epoch(progress.step, value)
        better = (
            value < progress.best_value if self.config.criterion == "calibrated_loss" else value > progress.best_value
        )
        if progress.best is None or better:
            progress.best_value, progress.best_epoch = value, progress.epoch
            progress.best = {name: each.detach().cpu().clone() for name, each in stepper.network.state_dict().items()}

    def _value(self, stepper: Stepper) -> float:
        """What the configured criterion says of the tuning rows."""
        logits = predict_logits(stepper.network, self.encoding, self.tuning)
        classes = self.encoding.classes_of(self.tuning.stars)
        if self.config.criterion == "calibrated_loss":
            return calibrated_log_loss(logits, classes)
        return weighted_f1(classes, logits.argmax(axis=1))

    def _save(self, stepper: Stepper, progress: Progress) -> None:
        if self.processes.first:
            save_checkpoint(self.folder, stepper, progress)


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401  as the loader declares it
    return batch
