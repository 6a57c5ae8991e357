"""Fine-tuning: its state is the network, the optimiser and how far it got, all of it in the checkpoint."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opine_training.fitting.checkpoint import Progress, restore_checkpoint, save_checkpoint
from opine_training.fitting.curves import Curves
from opine_training.fitting.steps import take_steps
from opine_training.teacher.epoch import TeachingEpoch
from opine_training.teacher.judging import Lessons, figures
from opine_training.teacher.stepper import TeacherStepper, rate_factor

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.config.teaching import TeachConfig
    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.epoch import Batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Teaching:
    config: TeachConfig
    train: Lessons
    tuning: Lessons
    folder: Path
    device: Device

    def run(self, network: Teacher) -> Progress:
        """Train a network to the end, from the folder's checkpoint on where there is one."""
        stepper = TeacherStepper(network, self.config, self.device)
        progress = restore_checkpoint(self.folder, stepper)
        with Curves(self.folder / "tensorboard", progress.step, write=True) as curves:
            while progress.epoch < self.config.epochs:
                self._epoch(stepper, progress, curves)
                self._judge(stepper, progress, curves)
        return progress

    def adopt(self, network: Teacher) -> None:
        """Take a network for one that was trained to the end here."""
        found = figures(network, self.tuning, self.config.longest, self.device)
        logger.info("tuning log-loss %.4f, macro-F1 %.4f", found["log_loss"], found["macro_f1"])
        progress = Progress(epoch=math.ceil(self.config.epochs), history=[found])
        save_checkpoint(self.folder, TeacherStepper(network, self.config, self.device), progress)

    def _epoch(self, stepper: TeacherStepper, progress: Progress, curves: Curves) -> None:
        config = self.config
        epoch = TeachingEpoch(self.train, config, progress.epoch)
        count = math.ceil(len(epoch) * min(1, config.epochs - progress.epoch))

        def step(number: int, batch: Batch) -> tuple[float, float]:
            factor = rate_factor(progress.epoch + number / len(epoch), config)
            loss = stepper.step(batch, factor, (config.seed, progress.epoch, number))
            return loss, factor * config.learning_rate

        take_steps(
            ((number, epoch[number]) for number in range(progress.batch, count)),
            step,
            progress,
            curves,
            count=count,
            epochs=math.ceil(config.epochs),
            save=lambda: save_checkpoint(self.folder, stepper, progress),
            save_minutes=config.checkpoint_minutes,
        )

    def _judge(self, stepper: TeacherStepper, progress: Progress, curves: Curves) -> None:
        """End an epoch."""
        found = figures(stepper.network, self.tuning, self.config.longest, self.device)
        progress.epoch, progress.batch = progress.epoch + 1, 0
        progress.history.append({"training_loss": progress.loss, **found})
        logger.info(
            "epoch %d: training loss %.4f, tuning log-loss %.4f, macro-F1 %.4f",
            progress.epoch,
            progress.loss,
            found["log_loss"],
            found["macro_f1"],
        )
        curves.epoch(progress.step, found["log_loss"])
        save_checkpoint(self.folder, stepper, progress)
