from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from opine_training.commands.log import log_to
from opine_training.commands.parsing import config_name, parse, said_plainly
from opine_training.config.hardware import HardwareConfig
from opine_training.config.named import ConfigName, named
from opine_training.config.reading import ReadConfig
from opine_training.config.selection import SelectionConfig
from opine_training.config.training import TrainConfig
from opine_training.fitting.checkpoint import CheckpointError
from opine_training.fitting.device import DeviceError
from opine_training.lineage.arguments import LineageArgumentError, translate
from opine_training.runs.folder import LOG, RunError
from opine_training.runs.request import Request
from opine_training.runs.run import run

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)
_flat = tyro.conf.arg(name="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """Train a model and write it, with its card and a report of how well it reads, into a run's folder.

    Any CSV with a text and a rating column will do:

        train --data reviews.csv --columns.text comment --columns.rating stars --run runs/mine

    To teach the shipped model your own reviews, start from it, at a lower rate:

        train --data reviews.csv --run runs/ours --weights services/sentiment/model --optimiser.learning-rate 5e-4

    Started again with the same folder, a run that was stopped or killed goes on where it was, to the same result
    bit for bit. `torchrun --nproc-per-node 4 -m -- opine_training train ...` shares every step between four GPUs (or
    processes). `tensorboard --logdir runs` shows the curves.

    `--config lineage` trains the network of 2019 by its own recipe; the arguments of its train.py are understood,
    such as --data_path, --text_column, --focal_loss 1 --gamma 2, --scheduler clr --min_lr 1.7e-3 --max_lr 1e-2
    --stepsize 4, --balance 1, --use_sampler 1, --batch_size, --optimizer adam.
    """

    data: Path
    """A CSV file, or a folder of .csv and .csv.gz files; files named bench_* are never learned from."""
    run: Path = Path("runs/default")
    """The run's folder."""
    config: ConfigName = "default"
    """What every option below starts from."""
    weights: Path | None = None
    """A finished model of the same form, to go on from: its network's weights instead of random ones."""
    name: str = "opine-charcnn"
    """Of the model, shown with every prediction."""
    version: str = "0.1.0"
    """Likewise."""
    word_tfidf: bool = True
    """Train word TF-IDF on the same rows for comparison; it holds them in memory, so leave it out for millions."""
    reading: Annotated[ReadConfig, _flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, _flat] = field(default_factory=SelectionConfig)
    hardware: Annotated[HardwareConfig, _flat] = field(default_factory=HardwareConfig)
    training: Annotated[TrainConfig, _flat] = field(default_factory=TrainConfig)


def main(arguments: Sequence[str]) -> None:
    with said_plainly(LineageArgumentError, RunError, CheckpointError, DeviceError):
        todays, without_effect = translate(arguments)
        default = Train(data=tyro.MISSING, training=named(config_name(todays)))
        command = parse(Train, "train", todays, default)
        command.run.mkdir(parents=True, exist_ok=True)
        with log_to(command.run / LOG):
            for name in without_effect:
                logger.warning("--%s of 2019 has no effect here", name)
            run(_request(command, arguments))


def _request(command: Train, arguments: Sequence[str]) -> Request:
    return Request(
        data=command.data,
        folder=command.run,
        name=command.name,
        version=command.version,
        reading=command.reading,
        selection=command.selection,
        config=command.training,
        weights=command.weights,
        hardware=command.hardware,
        word_tfidf=command.word_tfidf,
        command=["python", "-m", "opine_training", "train", *arguments],
    )
