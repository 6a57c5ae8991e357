"""The training loop."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from charcnn.network import CharCNN
from torch.nn import functional
from tqdm import tqdm

from opine_training.batches import epoch_order, training_batch
from opine_training.calibrate import calibrated_log_loss
from opine_training.checkpoint import Progress, load_checkpoint, save_checkpoint
from opine_training.inference import predict_logits

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig
    from torch import Tensor

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Training:
    """One run: its state is the network, the optimiser and how far it got, all of it in the checkpoint."""

    network: NetworkConfig
    config: TrainConfig
    corpus: Corpus
    tuning: Corpus
    folder: Path

    def run(self) -> CharCNN:
        """Train to the end or until nothing improves, and return the network of the best epoch."""
        torch.manual_seed(self.config.seed)
        model = CharCNN(self.network, dropout=self.config.dropout)
        optimiser = torch.optim.AdamW(
            model.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay, fused=True
        )
        progress = load_checkpoint(self.folder, model, optimiser)
        while progress.epoch < self.config.epochs:
            if progress.epoch - progress.best_epoch > self.config.patience:
                logger.info("no better epoch since epoch %d: stopping", progress.best_epoch)
                break
            self._epoch(model, optimiser, progress)
            self._judge(model, progress)
            progress.epoch += 1
            progress.batch = 0
            save_checkpoint(self.folder, model, optimiser, progress)
        if progress.best is None:
            raise RuntimeError("the run has no best epoch")
        model.load_state_dict(progress.best)
        return model

    def _epoch(self, model: CharCNN, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
        lengths = np.minimum(np.diff(self.corpus.offsets), self.config.truncate)
        order = epoch_order(
            lengths, self.config.batch_characters, np.random.default_rng([self.config.seed, progress.epoch])
        )
        class_weight = _class_weight(self.corpus, self.config.class_balance)
        saved = time.monotonic()
        model.train()
        bar = tqdm(
            total=len(order),
            initial=progress.batch,
            desc=f"epoch {progress.epoch + 1}/{self.config.epochs}",
            unit="batch",
            mininterval=2,
        )
        for number in range(progress.batch, len(order)):
            rng = np.random.default_rng([self.config.seed, progress.epoch, number])
            batch = training_batch(self.corpus, order[number], self.network, self.config, rng)
            share = (progress.epoch + number / len(order)) / self.config.epochs
            for group in optimiser.param_groups:
                group["lr"] = self.config.learning_rate * one_cycle(share, self.config.warmup)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(batch.rows, batch.cell_text, batch.texts)
            loss = functional.cross_entropy(
                logits, batch.stars, class_weight, label_smoothing=self.config.label_smoothing
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            progress.batch = number + 1
            progress.loss += 0.02 * (loss.item() - progress.loss) if progress.loss else loss.item()
            bar.update()
            bar.set_postfix(loss=f"{progress.loss:.4f}", refresh=False)
            if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                save_checkpoint(self.folder, model, optimiser, progress)
                saved = time.monotonic()
        bar.close()

    def _judge(self, model: CharCNN, progress: Progress) -> None:
        logits = predict_logits(model, self.tuning)
        loss = calibrated_log_loss(logits, self.tuning.stars)
        logger.info("epoch %d: training loss %.4f, tuning loss %.4f", progress.epoch + 1, progress.loss, loss)
        if progress.best is None or loss < progress.best_loss:
            progress.best_loss, progress.best_epoch = loss, progress.epoch
            progress.best = {name: value.clone() for name, value in model.state_dict().items()}


def one_cycle(share: float, warmup: float) -> float:
    """Learning rate factor after a share of all steps: a linear rise, then a cosine to zero."""
    if share < warmup:
        return share / warmup
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


def _class_weight(corpus: Corpus, balance: float) -> Tensor:
    frequency = torch.bincount(torch.from_numpy(corpus.stars), minlength=5).clamp_min(1) / len(corpus)
    weight = frequency**-balance
    return weight / (weight * frequency).sum()
