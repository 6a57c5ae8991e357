"""Train a model: read, train, calibrate, export, evaluate. Started again, a run goes on where it stopped."""

from __future__ import annotations

import logging
import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import tyro

from opine_training.artefacts import build_trained, export_run, load_model, state_metrics
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
from opine_training.corpus import open_dataset, read_dataset
from opine_training.evaluation import VARIANTS, labels_of, report, score_corpus, validation_figures
from opine_training.legacy_2019 import translate
from opine_training.loop import Training
from opine_training.networks import build_encoding, build_seeded
from opine_training.optimisation import Processes, processes, resolve_device
from opine_training.phrases import phrases
from opine_training.runs import (
    ARTEFACT,
    CHECKPOINT,
    CORPUS,
    LOG,
    METRICS,
    keep_config,
    keep_summary,
    log_to,
    write_json,
)
from opine_training.sampling import SoftTargets
from opine_training.splits import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from opine_training.corpus import Dataset
    from opine_training.runs import Progress

logger = logging.getLogger(__name__)


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

    `--config legacy_2019` trains the network of 2019 by its own recipe; the arguments of its train.py are understood,
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
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)
    hardware: Annotated[HardwareConfig, flat] = field(default_factory=HardwareConfig)
    training: Annotated[TrainConfig, flat] = field(default_factory=TrainConfig)


def main(arguments: Sequence[str]) -> None:
    # The old names come first: tyro refuses what it does not know.
    current, without_effect = translate(arguments)
    default = Train(data=tyro.MISSING, training=named(config_name(current)))
    options = parse(Train, "train", current, default)
    options.run.mkdir(parents=True, exist_ok=True)
    with log_to(options.run / LOG):
        for name in without_effect:
            logger.warning("--%s of 2019 has no effect here", name)
        run(options, shlex.join(["python", "-m", "opine_training", "train", *arguments]))


def run(options: Train, command: str) -> None:
    """Leave in the run's folder what `training/README.md` lists; `command` is how a person would start the same run."""
    config = options.training
    with processes() as group:
        device = resolve_device(options.hardware)
        network = _initial_network(options)
        dataset = _read_dataset(options, command, group)
        taught = soft_targets(options)
        encoding = build_encoding(config)
        progress = Training(
            config, network, encoding, dataset.train, dataset.tuning, options.run, device, group, taught
        ).run()
        if group.first:
            _export_and_evaluate(options, dataset, progress)
        # NCCL wants all processes to take their group down at about the same time.
        group.barrier()


def soft_targets(options: Train) -> SoftTargets | None:
    """The teacher's, and all stars that are right for phrases of our own."""
    file, made = options.training.loss.soft_targets, phrases(options.selection.phrases)
    taught = SoftTargets.load(file) if file else None
    if not made:
        return taught
    digests, logits = zip(*((phrase.digest, phrase.logits) for phrase in made), strict=True)
    right = SoftTargets(np.array(digests, np.uint64), np.array(logits, np.float32))
    return right if taught is None else taught + right


def _initial_network(options: Train) -> nn.Module:
    """What the run starts from; one that goes on no longer needs the other model."""
    if options.weights is None or (options.run / CHECKPOINT).exists():
        return build_seeded(options.training)
    return build_trained(options.training, options.weights)


def _read_dataset(options: Train, command: str, group: Processes) -> Dataset:
    """Read by the first process, opened by all."""
    cache = options.run / CORPUS
    if group.first:
        asked = {
            "training": asdict(options.training),
            "selection": asdict(options.selection),
            "reading": asdict(options.reading),
            "name": options.name,
            "weights": options.weights,
        }
        # Before the reading, which may take long: another configuration is refused at once.
        keep_config(options.run, asked, {"version": options.version, "command": command})
        source = Source(options.data, options.reading, options.selection)
        dataset = read_dataset(source, build_encoding(options.training), cache)
        keep_summary(options.run, dataset.summary)
        logger.info(
            "%d training, %d tuning, %d validation rows", *map(len, (dataset.train, dataset.tuning, dataset.validation))
        )
    group.barrier()
    return open_dataset(cache)


def _export_and_evaluate(options: Train, dataset: Dataset, progress: Progress) -> None:
    from opine_training.report import write_report  # noqa: PLC0415  needed by one process of many, after hours

    artefact = options.run / ARTEFACT
    export_run(options.run, artefact, options.version)
    scored = score_corpus(load_model(artefact), dataset.validation, VARIANTS)
    metrics: dict[str, Any] = {"validation": validation_figures(scored)}
    if options.word_tfidf:
        from opine_training.baselines import word_tfidf  # noqa: PLC0415  likewise

        logger.info("word TF-IDF on the same rows")
        baseline = word_tfidf(dataset.train.texts, labels_of(dataset.train))
        metrics["word_tfidf"] = report(score_corpus(baseline, dataset.validation, {}))["all"]
    state_metrics(artefact, metrics)
    # Last but for the pictures: `ablate` takes the file for a sign that a run is done.
    write_json(options.run / METRICS, metrics)
    write_report(options.run, scored, progress, metrics)
    logger.info("macro-F1 on the validation rows: %.4f", metrics["validation"]["all"]["macro_f1"])
