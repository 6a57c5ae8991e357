from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from opine_training.commands.parsing import config_name, parse, said_plainly
from opine_training.config.hardware import HardwareConfig
from opine_training.config.named import ConfigName, named
from opine_training.config.reading import ReadConfig
from opine_training.config.selection import SelectionConfig
from opine_training.config.training import TrainConfig
from opine_training.data.dataset import read_dataset
from opine_training.data.learned import Source
from opine_training.evaluation.plots import rate_range_picture
from opine_training.fitting.device import DeviceError, choose_device
from opine_training.fitting.processes import Processes
from opine_training.fitting.rate_range import range_test
from opine_training.networks.build import build_encoding
from opine_training.runs.folder import CORPUS, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_flat = tyro.conf.arg(name="")


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
    reading: Annotated[ReadConfig, _flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, _flat] = field(default_factory=SelectionConfig)
    hardware: Annotated[HardwareConfig, _flat] = field(default_factory=HardwareConfig)
    training: Annotated[TrainConfig, _flat] = field(default_factory=TrainConfig)


def main(arguments: Sequence[str]) -> None:
    default = FindLr(data=tyro.MISSING, training=named(config_name(arguments)))
    command = parse(FindLr, "find-lr", arguments, default)
    config = command.training
    encoding = build_encoding(config)
    with said_plainly(DeviceError):
        device = choose_device(command.hardware)
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
