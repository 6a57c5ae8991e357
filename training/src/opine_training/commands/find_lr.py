"""The learning rate range test (Smith 2017): rise from a low rate until the loss explodes."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro
from tqdm import tqdm

from opine_training.config import (
    ConfigName,
    HardwareConfig,
    ReadConfig,
    SelectionConfig,
    TrainConfig,
    config_name,
    flat,
    named,
    parse,
)
from opine_training.corpus import read_dataset
from opine_training.networks import build_encoding, build_seeded
from opine_training.optimisation import Processes, Stepper, resolve_device
from opine_training.report import rate_range_picture
from opine_training.runs import CORPUS, write_json
from opine_training.sampling import Epoch
from opine_training.splits import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_training.corpus import Corpus
    from opine_training.networks import Encoding
    from opine_training.optimisation import Device

_SMOOTHING = 0.95  # of the running mean of the loss
_EXPLODED = 4.0  # times the least loss so far, at which the test ends: what follows says nothing of a good rate


@dataclass(frozen=True, slots=True)
class RateRange:
    """What a range test found."""

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
        # By a constant factor, since rates matter by their magnitude.
        rate = lowest * (highest / lowest) ** (number / max(steps - 1, 1))
        loss = stepper.step(epoch[number - read], rate, (config.seed, number))
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smoothed = mean / (1 - _SMOOTHING ** (number + 1))  # the mean began at 0; this takes that out, as Adam does
        if not math.isfinite(smoothed) or (losses and smoothed > _EXPLODED * min(losses)):
            break
        rates.append(rate)
        losses.append(smoothed)
    return RateRange(rates, losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindLr:
    """Propose a learning rate by a range test (Smith 2017): it rises from step to step until the loss explodes.

        find-lr --data reviews/ --run runs/mine

    Prints the proposal, a tenth of the rate with the lowest loss, as JSON, and leaves find-lr.json and find-lr.svg
    in the run's folder. `train` with the same folder and data need not read the reviews again.
    """

    data: Path
    """A CSV file or a folder, as for `train`."""
    run: Path = Path("runs/default")
    """Where the encoded reviews and the picture go."""
    config: ConfigName = "default"
    """What every option below starts from."""
    lowest: float = 1e-5
    """The rate of the first step."""
    highest: float = 1.0
    """The rate of the last step, which is seldom reached."""
    steps: int = 200
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)
    hardware: Annotated[HardwareConfig, flat] = field(default_factory=HardwareConfig)
    training: Annotated[TrainConfig, flat] = field(default_factory=TrainConfig)


def main(arguments: Sequence[str]) -> None:
    default = FindLr(data=tyro.MISSING, training=named(config_name(arguments)))
    command = parse(FindLr, "find-lr", arguments, default)
    config = command.training
    encoding = build_encoding(config)
    device = resolve_device(command.hardware)
    command.run.mkdir(parents=True, exist_ok=True)
    source = Source(command.data, command.reading, command.selection)
    corpus = read_dataset(source, encoding, command.run / CORPUS).train
    found = range_test(
        config,
        encoding,
        corpus,
        device,
        Processes(),
        lowest=command.lowest,
        highest=command.highest,
        steps=command.steps,
    )
    rate_range_picture(found.rates, found.losses, found.best, command.run / "find-lr.svg")
    write_json(command.run / "find-lr.json", {"rates": found.rates, "losses": found.losses})
    picture = str(command.run / "find-lr.svg")
    sys.stdout.write(json.dumps({"learning_rate": found.best, "picture": picture}) + "\n")
