from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from opine_training.config.teaching import TeachConfig
    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher
    from opine_training.teacher.epoch import Batch


class TeacherStepper:
    """A teacher on a device with its optimiser; the head learns faster than the encoder."""

    def __init__(self, network: Teacher, config: TeachConfig, device: Device) -> None:
        self.network = network.to(device.device)
        self._rates = [config.learning_rate, config.learning_rate * config.head_factor]
        parts = (
            [each for each in network.encoder.parameters() if each.requires_grad],
            list(network.head.parameters()),
        )
        groups = [{"params": part, "lr": rate} for part, rate in zip(parts, self._rates, strict=True)]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
        self._clip_norm = config.clip_norm
        self._device = device

    def step(self, batch: Batch, factor: float, seed: tuple[int, ...]) -> float:
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
        place = self._device.device
        with self._device.autocast():
            logits_NK = self.network(batch.tokens.to(place), batch.mask.to(place))
        loss = functional.cross_entropy(logits_NK.float(), batch.stars.to(place))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._clip_norm)
        self.optimiser.step()
        return float(loss.detach())


def rate_factor(done: float, config: TeachConfig) -> float:
    """After so many epochs: a straight rise to 1, and at the end a straight fall to 0."""
    rise = done / config.warmup if done < config.warmup else 1.0
    left = 1 - done / config.epochs
    return min(rise, left / config.cooldown) if left < config.cooldown else rise
