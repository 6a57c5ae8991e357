"""Fine-tuning a teacher: its options, a step, and the run, all of whose state is in the checkpoint."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.config import STARS
from charcnn.prediction import LABEL_OF_STAR, calibrated_probabilities, decide_labels
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.nn import functional

from opine_training.calibration import calibrated_log_loss, fit_calibration, macro_f1
from opine_training.config import require_positive, require_shares
from opine_training.loop import Curves, run_steps
from opine_training.runs import Progress, restore_checkpoint, save_checkpoint
from opine_training.teacher import TeacherError
from opine_training.teacher.dataset import TeacherEpoch, batches, clipped, padded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.optimisation import Device
    from opine_training.teacher.dataset import SpecialTokens, TokenBatch, TokenDataset
    from opine_training.teacher.encoder import Teacher

logger = logging.getLogger(__name__)
_MOST_TOKENS = 510
"""Of an encoder with 512 positions, two of which it fills itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachConfig:
    """How a sentence encoder is fine-tuned to be a teacher."""

    encoder: str = "minilm"
    """`minilm`, `mpnet`, or a folder with config.json, model.safetensors and tokenizer.json of a BERT or MPNet."""
    frozen_layers: int = 0
    """Lowest layers that stay as they are, with all that lies below them; the table of words always does."""
    dropout: float = 0.1
    seed: int = 1
    epochs: float = 1
    """0.4 ends after two fifths of the first. A run that is not done may be given another number when it goes on."""
    checkpoint_minutes: float = 3.0
    """Time between checkpoints within an epoch; one is written after each epoch in any case."""
    # The usual magnitude for a BERT (Devlin et al. 2019 take 2e-5 to 5e-5); a small one bears more.
    learning_rate: float = 6e-5
    """Of the encoder, between the warm-up and the cool-down."""
    head_factor: float = 10.0
    """The head, which starts from nothing, learns so many times as fast."""
    warmup: float = 0.06
    """Share of the first epoch's steps in which the rate rises."""
    cooldown: float = 0.94
    """Share of all steps in which the rate falls to 0 in a straight line; until then a run can be prolonged."""
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    """Longest gradient, in the Euclidean norm."""
    batch_tokens: int = 4096
    """Most tokens a step, padding included."""
    # Attention costs by the square. One review in eleven has more than 120 words.
    longest: int = 160
    """Most tokens read of a text: its first two thirds and its last third of them."""
    prefix_share: float = 0.3
    """Share of texts cut short at random, drawn anew in every epoch: the teacher is to label beginnings."""
    # Three in five rows have five stars, and an encoder's time is dear: more of the same teaches it little.
    frequent_ratio: float = 1.5
    """Most rows of the most frequent star, in multiples of the next one's; they are drawn anew in every epoch."""
    rows: int = 0
    """Most rows of an epoch, as evenly of all stars as there are rows, drawn anew in every epoch; 0 takes all."""

    def __post_init__(self) -> None:
        require_shares(self, "dropout", "warmup", "cooldown", "weight_decay", "prefix_share")
        require_positive(
            self, "epochs", "learning_rate", "head_factor", "clip_norm", "batch_tokens", "longest", "frequent_ratio"
        )
        if self.longest > _MOST_TOKENS:
            raise ValueError(f"longest must be at most {_MOST_TOKENS}, got {self.longest}")
        for name in ("checkpoint_minutes", "frozen_layers", "rows"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")


_BATCH_TOKENS = 8192  # without gradients twice as many fit as in a step


@torch.inference_mode()
def teacher_logits(
    network: Teacher, texts: Sequence[NDArray[np.uint16]], special: SpecialTokens, device: Device
) -> NDArray[np.float32]:
    """Shape (N, 5), of texts as word pieces."""
    network.eval()
    lengths = np.array([len(text) for text in texts], np.int64)
    logits = np.empty((len(texts), len(STARS)), np.float32)
    for batch in batches(lengths, _BATCH_TOKENS, np.argsort(lengths, kind="stable")):
        tokens_NL, mask_NL = padded([texts[index] for index in batch], special)
        with device.autocast():
            logits_NK = network(tokens_NL.to(device.device), mask_NL.to(device.device))
        logits[batch] = logits_NK.float().cpu().numpy()
    return logits


def evaluate_teacher(network: Teacher, tuning: TokenDataset, longest: int, device: Device) -> dict[str, float]:
    """Log-loss and three-class macro-F1 on the tuning rows, once calibrated on them."""
    texts = [clipped(tuning.texts[index], longest) for index in range(len(tuning.texts))]
    logits = teacher_logits(network, texts, tuning.texts.special, device)
    # Fitted on the rows that judge it: both figures are a little too good, and are there to compare teachers.
    calibration = fit_calibration(logits, tuning.stars)
    labels = decide_labels(calibrated_probabilities(logits, calibration), calibration)
    return {
        "log_loss": calibrated_log_loss(logits, tuning.stars),
        "macro_f1": macro_f1(LABEL_OF_STAR[tuning.stars], labels),
    }


def load_weights(teacher: Teacher, file: Path) -> None:
    """Take over a finished teacher's weights: `encoder.*` and `head.*` in a safetensors file.

    Raises:
        TeacherError: the file is missing or holds something else.
    """
    try:
        teacher.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TeacherError(f"{file} holds no teacher's weights ({str(error).splitlines()[0]})") from error


class TeacherStepper:
    """A teacher on a device with its optimiser; the head learns faster than the encoder."""

    def __init__(self, network: Teacher, config: TeachConfig, device: Device) -> None:
        self.network = network.to(device.device)
        self._rates = [config.learning_rate, config.learning_rate * config.head_factor]
        parts = (
            [each for each in network.encoder.parameters() if each.requires_grad],
            list(network.head.parameters()),
        )
        # Groups in this order are part of a checkpoint: the optimiser's state is restored by position.
        groups = [{"params": part, "lr": rate} for part, rate in zip(parts, self._rates, strict=True)]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
        self._clip_norm = config.clip_norm
        self._device = device

    def step(self, batch: TokenBatch, factor: float, seed: tuple[int, ...]) -> float:
        """Read a batch, take a step, and return its loss.

        Args:
            batch: on the CPU.
            factor: of the learning rates.
            seed: of dropout in this step; it makes a step the same after an interruption as without.
        """
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        self.network.train()
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        device = self._device.device
        with self._device.autocast():
            logits_NK = self.network(batch.tokens.to(device), batch.mask.to(device))
        loss = functional.cross_entropy(logits_NK.float(), batch.stars.to(device))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._clip_norm)
        self.optimiser.step()
        return float(loss.detach())


def rate_factor(done: float, config: TeachConfig) -> float:
    """After so many epochs: a straight rise to 1, and at the end a straight fall to 0."""
    rise = done / config.warmup if done < config.warmup else 1.0
    left = 1 - done / config.epochs
    return min(rise, left / config.cooldown) if left < config.cooldown else rise


@dataclass(frozen=True, slots=True)
class TeacherTraining:
    """One run of fine-tuning."""

    config: TeachConfig
    train: TokenDataset
    tuning: TokenDataset
    folder: Path
    device: Device

    def run(self, network: Teacher) -> Progress:
        """Train a network to the end, from the folder's checkpoint on where there is one."""
        stepper = TeacherStepper(network, self.config, self.device)
        progress = restore_checkpoint(self.folder, stepper)
        with Curves(self.folder / "tensorboard", progress.step, write=True) as curves:
            while progress.epoch < self.config.epochs:
                self._epoch(stepper, progress, curves)
                self._evaluate(stepper, progress, curves)
        return progress

    def adopt(self, network: Teacher) -> None:
        """Treat a network as one that was trained to the end here."""
        found = evaluate_teacher(network, self.tuning, self.config.longest, self.device)
        logger.info("tuning log-loss %.4f, macro-F1 %.4f", found["log_loss"], found["macro_f1"])
        progress = Progress(epoch=math.ceil(self.config.epochs), history=[found])
        save_checkpoint(self.folder, TeacherStepper(network, self.config, self.device), progress)

    def _epoch(self, stepper: TeacherStepper, progress: Progress, curves: Curves) -> None:
        config = self.config
        epoch = TeacherEpoch(self.train, config, progress.epoch)
        # The last epoch may be a part of one, and ends where the rate reaches 0.
        count = math.ceil(len(epoch) * min(1, config.epochs - progress.epoch))

        def step(number: int, batch: TokenBatch) -> tuple[float, float]:
            factor = rate_factor(progress.epoch + number / len(epoch), config)
            loss = stepper.step(batch, factor, (config.seed, progress.epoch, number))
            return loss, factor * config.learning_rate

        run_steps(
            ((number, epoch[number]) for number in range(progress.batch, count)),
            step,
            progress,
            curves,
            count=count,
            epochs=math.ceil(config.epochs),
            save=lambda: save_checkpoint(self.folder, stepper, progress),
            save_minutes=config.checkpoint_minutes,
        )

    def _evaluate(self, stepper: TeacherStepper, progress: Progress, curves: Curves) -> None:
        """End an epoch."""
        found = evaluate_teacher(stepper.network, self.tuning, self.config.longest, self.device)
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
