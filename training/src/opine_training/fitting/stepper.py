from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from opine_training.fitting.optimiser import build_optimiser
from opine_training.losses import losses, weighted_mean

if TYPE_CHECKING:
    from opine_training.config.training import TrainConfig
    from opine_training.fitting.batches import Batch
    from opine_training.fitting.device import Device
    from opine_training.fitting.processes import Processes


class Stepper:
    """A network on a device with its optimiser."""

    def __init__(self, network: torch.nn.Module, config: TrainConfig, device: Device, processes: Processes) -> None:
        self.network = network.to(device.device)
        self.optimiser = build_optimiser(self.network, config.optimiser)
        self._config = config
        self._device = device
        self._processes = processes
        forward: torch.nn.Module = self.network
        if processes.count > 1:
            forward = DistributedDataParallel(forward)
        # Batches differ in length: without `dynamic` each length would be compiled anew.
        self._forward = torch.compile(forward, dynamic=True) if device.compiled else forward

    def step(self, batch: Batch, learning_rate: float, seed: tuple[int, ...]) -> float:
        """Read a batch, take a step, and return the loss of this process's part, scaled to the whole.

        Args:
            batch: still on the CPU.
            learning_rate: of this step.
            seed: of dropout in this step; it makes a step the same after an interruption as without.
        """
        torch.manual_seed(int(np.random.SeedSequence([*seed, self._processes.rank]).generate_state(1)[0]))
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        batch = batch.to(self._device.device)
        with self._device.autocast():
            logits_NK = self._forward(*batch.inputs)
        each_N = losses(logits_NK.float(), batch.targets, self._config.loss)
        # DistributedDataParallel averages gradients; the parts of a step are to be summed.
        loss = self._processes.count * weighted_mean(each_N, batch.weights, batch.total)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self._config.optimiser.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._config.optimiser.clip_norm)
        self.optimiser.step()
        return float(loss.detach())
