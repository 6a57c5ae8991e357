"""Make a teacher and ask it: read, fine-tune, label. Started again, a run goes on where it stopped."""

from __future__ import annotations

import json
import logging
import shlex
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from safetensors.torch import save

from opine_training.config import (
    DeviceName,
    HardwareConfig,
    Precision,
    ReadConfig,
    SelectionConfig,
    TrainConfig,
    flat,
    parse,
)
from opine_training.corpus import read_dataset
from opine_training.networks import build_encoding
from opine_training.optimisation import resolve_device
from opine_training.runs import (
    CHECKPOINT,
    CORPUS,
    LOG,
    RunError,
    atomic_write,
    keep_config,
    keep_summary,
    log_to,
    write_json,
)
from opine_training.splits import Source
from opine_training.teacher import ENCODERS
from opine_training.teacher.dataset import TokenDataset, tokenise
from opine_training.teacher.labelling import PARTS, SOFT_TARGETS, Labeller
from opine_training.teacher.training import TeachConfig, TeacherTraining, load_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenizers import Tokenizer

    from opine_training.corpus import Dataset
    from opine_training.runs import Progress
    from opine_training.teacher.encoder import Teacher

logger = logging.getLogger(__name__)
WEIGHTS = "teacher.safetensors"
FIGURES = "teacher.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teach:
    """Fine-tune a sentence encoder on the training rows and write its logits of them as soft labels for `train`.

        teach --data reviews/ --run runs/teacher
        train --data reviews/ --loss.soft-targets runs/teacher/soft-targets.npz --loss.soft-weight 0.5

    The encoder is all-MiniLM-L6-v2 or, by `--encoder mpnet`, all-mpnet-base-v2; Python packages carry their weights. It
    labels every text as a whole, a beginning of it and a clause. Give `train` the same data and selection. Started
    again with the same folder, a run that was stopped or killed goes on where it was.
    """

    data: Path
    """A CSV file or a folder, as for `train`."""
    run: Path = Path("runs/teacher")
    """The run's folder."""
    weights: Path | None = None
    """A finished teacher's teacher.safetensors, to label without training; take another folder than its own."""
    opinions: bool = True
    """Whether it labels; a run that was only trained labels when it is started again."""
    device: DeviceName = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Precision = "auto"
    """`auto` is bfloat16 where the device computes in it, float32 elsewhere."""
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)
    teaching: Annotated[TeachConfig, flat] = field(default_factory=TeachConfig)


def main(arguments: Sequence[str]) -> None:
    options = parse(Teach, "teach", arguments)
    teach(options, shlex.join(["python", "-m", "opine_training", "teach", *arguments]))


def teach(options: Teach, command: str, build: Callable[[int], Teacher] | None = None) -> None:
    """Leave a teacher and its soft labels in the run's folder.

    Args:
        options: what is wanted.
        command: how a person would start the same run.
        build: makes another network than the encoder of the configuration, from a seed.

    Raises:
        TeacherError: packages are missing, or what was named is no encoder.
    """
    # Here, since it imports packages that only this command needs; first, so that a missing one leaves no folder.
    from opine_training.teacher.encoder import encoder_files, load_tokenizer, pretrained_teacher  # noqa: PLC0415

    encoder = encoder_files(options.teaching.encoder)
    options.run.mkdir(parents=True, exist_ok=True)
    with log_to(options.run / LOG):
        network = build(options.teaching.seed) if build else pretrained_teacher(options.teaching, encoder)
        _run(options, command, network, load_tokenizer(encoder))


def _run(options: Teach, command: str, network: Teacher, tokenizer: Tokenizer) -> None:
    folder, config = options.run, options.teaching
    device = resolve_device(HardwareConfig(device=options.device, precision=options.precision, compile="off"))
    dataset = _dataset(options, command)
    network = network.to(device.device)
    train, tuning = (
        TokenDataset(tokenise(tokenizer, corpus.texts), corpus.stars.astype(np.int64))
        for corpus in (dataset.train, dataset.tuning)
    )
    teaching = TeacherTraining(config, train, tuning, folder, device)
    if not (folder / CHECKPOINT).exists():
        if options.weights:
            load_weights(network, options.weights)
        # After the weights were read, for they may lie in this very folder.
        _remove_results(folder)
        if options.weights:
            teaching.adopt(network)
    progress = teaching.run(network)
    _keep(options, network, dataset, progress)
    if not options.opinions:
        return
    if (folder / SOFT_TARGETS).exists():
        logger.info("%s is there already", folder / SOFT_TARGETS)
        return
    Labeller(config, folder, device).run(network, tokenizer, dataset.train)


def _dataset(options: Teach, command: str) -> Dataset:
    """Read like `train`'s by default, so that its texts are those that were labelled."""
    teaching = asdict(options.teaching)
    # The one option that may change when a run goes on.
    length = {"epochs": teaching.pop("epochs")}
    asked = {
        "teaching": teaching,
        "selection": asdict(options.selection),
        "reading": asdict(options.reading),
        "weights": options.weights,
    }
    keep_config(options.run, asked, {"command": command, **length})
    _require_unfinished(options)
    source = Source(options.data, options.reading, options.selection)
    dataset = read_dataset(source, build_encoding(TrainConfig()), options.run / CORPUS)
    keep_summary(options.run, dataset.summary)
    logger.info("%d training, %d tuning rows", len(dataset.train), len(dataset.tuning))
    return dataset


def _require_unfinished(options: Teach) -> None:
    """A run whose rate has fallen to 0 is not prolonged.

    Raises:
        RunError: it is done, after another number of epochs.
    """
    file = options.run / FIGURES
    if (options.run / CHECKPOINT).exists() and file.exists():
        epochs = json.loads(file.read_text())["configuration"]["epochs"]
        if epochs != options.teaching.epochs:
            raise RunError(
                f"{options.run} holds a teacher that is done, after {epochs} epochs; name another folder with --run"
            )


def _remove_results(folder: Path) -> None:
    """Of another teacher that was here."""
    for name in (WEIGHTS, FIGURES, SOFT_TARGETS):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def _keep(options: Teach, network: Teacher, dataset: Dataset, progress: Progress) -> None:
    with atomic_write(options.run / WEIGHTS) as handle:
        handle.write(save({name: each.cpu().contiguous() for name, each in network.state_dict().items()}))
    found: dict[str, Any] = {
        "encoder": ENCODERS.get(options.teaching.encoder, options.teaching.encoder),
        "rows": {"train": len(dataset.train), "tuning": len(dataset.tuning)},
        "data_sha256": dataset.fingerprint,
        "configuration": asdict(options.teaching),
        "weights": options.weights,
        "tuning": progress.history,
    }
    write_json(options.run / FIGURES, found)
