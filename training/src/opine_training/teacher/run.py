"""A teacher's run: read, fine-tune, label. Started again, it goes on where it stopped."""

from __future__ import annotations

import json
import logging
import shlex
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.torch import save

from opine_training.config import TrainConfig
from opine_training.corpus import read_dataset
from opine_training.networks import build_encoding
from opine_training.optimisation import resolve_device
from opine_training.runs import CHECKPOINT, CORPUS, RunError, atomic_write, keep_config, keep_summary, write_json
from opine_training.splits import Source
from opine_training.teacher.config import ENCODERS, encoder_files
from opine_training.teacher.dataset import TokenDataset, tokenise
from opine_training.teacher.encoder import load_tokenizer, load_weights, pretrained_teacher
from opine_training.teacher.labelling import PARTS, SOFT_TARGETS, Labeller
from opine_training.teacher.training import TeacherTraining

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

    from opine_training.config import HardwareConfig, ReadConfig, SelectionConfig
    from opine_training.corpus import Corpus, Dataset
    from opine_training.runs import Progress
    from opine_training.teacher.config import TeachConfig
    from opine_training.teacher.encoder import Teacher

logger = logging.getLogger(__name__)
WEIGHTS = "teacher.safetensors"
FIGURES = "teacher.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachRequest:
    """A teacher's run as it was asked for."""

    data: Path
    folder: Path
    weights: Path | None
    opinions: bool
    reading: ReadConfig
    selection: SelectionConfig
    config: TeachConfig
    hardware: HardwareConfig
    command: Sequence[str]


def teach(request: TeachRequest, build: Callable[[int], Teacher] | None = None) -> None:
    """Leave a teacher and its soft labels in the run's folder.

    Args:
        request: what is wanted.
        build: makes another network than the encoder of the configuration, from a seed.
    """
    folder, config = request.folder, request.config
    device = resolve_device(request.hardware)
    dataset = _dataset(request)
    encoder = encoder_files(config.encoder)
    tokenizer = load_tokenizer(encoder)
    network = (build(config.seed) if build else pretrained_teacher(config, encoder)).to(device.device)
    train, tuning = (_token_dataset(tokenizer, corpus) for corpus in (dataset.train, dataset.tuning))
    teaching = TeacherTraining(config, train, tuning, folder, device)
    if not (folder / CHECKPOINT).exists():
        if request.weights:
            load_weights(network, request.weights)
        # After the weights were read, for they may lie in this very folder.
        _remove_results(folder)
        if request.weights:
            teaching.adopt(network)
    progress = teaching.run(network)
    _keep(request, network, dataset, progress)
    if not request.opinions:
        return
    if (folder / SOFT_TARGETS).exists():
        logger.info("%s is there already", folder / SOFT_TARGETS)
        return
    Labeller(config, folder, device).run(network, tokenizer, dataset.train)


def _dataset(request: TeachRequest) -> Dataset:
    """Read like `train`'s by default, so that its texts are those that were labelled."""
    teaching = asdict(request.config)
    # The one option that may change when a run goes on.
    length = {"epochs": teaching.pop("epochs")}
    asked = {
        "teaching": teaching,
        "selection": asdict(request.selection),
        "reading": asdict(request.reading),
        "weights": request.weights,
    }
    keep_config(request.folder, asked, {"command": shlex.join(request.command), **length})
    _require_unfinished(request)
    source = Source(request.data, request.reading, request.selection)
    dataset = read_dataset(source, build_encoding(TrainConfig()), request.folder / CORPUS)
    keep_summary(request.folder, dataset.summary)
    logger.info("%d training, %d tuning rows", len(dataset.train), len(dataset.tuning))
    return dataset


def _require_unfinished(request: TeachRequest) -> None:
    """A run whose rate has fallen to 0 is not prolonged.

    Raises:
        RunError: it is done, after another number of epochs.
    """
    file = request.folder / FIGURES
    if (request.folder / CHECKPOINT).exists() and file.exists():
        epochs = json.loads(file.read_text())["configuration"]["epochs"]
        if epochs != request.config.epochs:
            raise RunError(
                f"{request.folder} holds a teacher that is done, after {epochs} epochs; name another folder with --run"
            )


def _token_dataset(tokenizer: Tokenizer, corpus: Corpus) -> TokenDataset:
    return TokenDataset(tokenise(tokenizer, corpus.texts), corpus.stars.astype(np.int64))


def _remove_results(folder: Path) -> None:
    """Of another teacher that was here."""
    for name in (WEIGHTS, FIGURES, SOFT_TARGETS):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def _keep(request: TeachRequest, network: Teacher, dataset: Dataset, progress: Progress) -> None:
    with atomic_write(request.folder / WEIGHTS) as handle:
        handle.write(save({name: each.cpu().contiguous() for name, each in network.state_dict().items()}))
    found: dict[str, Any] = {
        "encoder": ENCODERS.get(request.config.encoder, request.config.encoder),
        "rows": {"train": len(dataset.train), "tuning": len(dataset.tuning)},
        "data_sha256": dataset.fingerprint,
        "configuration": asdict(request.config),
        "weights": request.weights,
        "tuning": progress.history,
    }
    write_json(request.folder / FIGURES, found)
