"""The learning rate range test (Smith 2017): rise from a low rate until the loss explodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from opine_training.fitting.batches import Epoch
from opine_training.fitting.stepper import Stepper
from opine_training.networks.build import build_seeded

if TYPE_CHECKING:
    from opine_training.config.training import TrainConfig
    from opine_training.data.corpus import Corpus
    from opine_training.fitting.device import Device
    from opine_training.fitting.processes import Processes
    from opine_training.networks.encoding import Encoding

_SMOOTHING = 0.95
_EXPLODED = 4.0


@dataclass(frozen=True, slots=True)
class RateRange:
    rates: list[float]
    losses: list[float]
    """Smoothed, one a rate."""

    @property
    def best(self) -> float:
        """A tenth of the rate at which the loss is lowest: there it still falls fast, with room to the edge."""
        return self.rates[int(np.argmin(self.losses))] / 10


def range_test(
    config: TrainConfig,
    encoding: Encoding,
    corpus: Corpus,
    device: Device,
    processes: Processes,
    *,
    lowest: float,
    highest: float,
    steps: int,
) -> RateRange:
    """The smoothed loss at rates that grow by a constant factor a step, on steps of the first epochs."""
    stepper = Stepper(build_seeded(config), config, device, processes)
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    epoch, read = Epoch(corpus, encoding, config, 0, processes=processes), 0
    for number in tqdm(range(steps), desc="find-lr", unit="step", disable=not processes.first):
        if number - read == len(epoch):
            read = number
            epoch = Epoch(corpus, encoding, config, epoch.number + 1, processes=processes)
        rate = lowest * (highest / lowest) ** (number / max(steps - 1, 1))
        loss = stepper.step(epoch[number - read], rate, (config.seed, number))
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smoothed = mean / (1 - _SMOOTHING ** (number + 1))
        if not math.isfinite(smoothed) or (losses and smoothed > _EXPLODED * min(losses)):
            break
        rates.append(rate)
        losses.append(smoothed)
    return RateRange(rates, losses)
