"""A whole run: read, train, calibrate, export, evaluate. Started again, it goes on where it stopped."""

from __future__ import annotations

import logging
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from opine_training.artefacts import load_reader, state_metrics
from opine_training.data.dataset import open_dataset, read_dataset
from opine_training.data.learned import Source
from opine_training.evaluation.corpus import labels_of, score_corpus
from opine_training.evaluation.evaluate import report, validation_figures
from opine_training.evaluation.variants import VARIANTS
from opine_training.fitting.checkpoint import CHECKPOINT
from opine_training.fitting.device import choose_device
from opine_training.fitting.loop import Training
from opine_training.fitting.processes import Processes, processes
from opine_training.fitting.soft_targets import SoftTargets
from opine_training.networks.build import build_encoding, build_seeded
from opine_training.networks.trained import build_trained
from opine_training.runs.export import export_run
from opine_training.runs.folder import ARTEFACT, CORPUS, METRICS, keep_config, keep_summary, write_json

if TYPE_CHECKING:
    from torch import nn

    from opine_training.data.dataset import Dataset
    from opine_training.fitting.checkpoint import Progress
    from opine_training.runs.request import Request

logger = logging.getLogger(__name__)


def run(request: Request) -> None:
    """Leave in the run's folder what `training/README.md` lists."""
    with processes() as group:
        device = choose_device(request.hardware)
        network = _network(request)
        dataset = _dataset(request, group)
        progress = Training(
            request.config,
            network,
            build_encoding(request.config),
            dataset.train,
            dataset.tuning,
            request.folder,
            device,
            group,
            _soft_targets(request),
        ).run()
        if group.first:
            _finish(request, dataset, progress)
        group.wait()


def _network(request: Request) -> nn.Module:
    """What the run starts from; one that goes on no longer needs the other model."""
    if request.weights is None or (request.folder / CHECKPOINT).exists():
        return build_seeded(request.config)
    return build_trained(request.config, request.weights)


def _dataset(request: Request, group: Processes) -> Dataset:
    """Read by the first process, opened by all."""
    cache = request.folder / CORPUS
    if group.first:
        request.folder.mkdir(parents=True, exist_ok=True)
        _keep_config(request)
        source = Source(request.data, request.reading, request.selection)
        dataset = read_dataset(source, build_encoding(request.config), cache)
        keep_summary(request.folder, dataset.summary)
        logger.info(
            "%d training, %d tuning, %d validation rows", *map(len, (dataset.train, dataset.tuning, dataset.validation))
        )
    group.wait()
    return open_dataset(cache)


def _keep_config(request: Request) -> None:
    asked = {
        "training": asdict(request.config),
        "selection": asdict(request.selection),
        "reading": asdict(request.reading),
        "name": request.name,
        "weights": request.weights,
    }
    note = {"version": request.version, "command": shlex.join(request.command)}
    keep_config(request.folder, asked, note)


def _soft_targets(request: Request) -> SoftTargets | None:
    file = request.config.loss.soft_targets
    return SoftTargets.load(file) if file else None


def _finish(request: Request, dataset: Dataset, progress: Progress) -> None:
    from opine_training.runs.report import write_report  # noqa: PLC0415  needed by one process of many, after hours

    artefact = request.folder / ARTEFACT
    export_run(request.folder, artefact, request.version)
    scored = score_corpus(load_reader(artefact), dataset.validation, VARIANTS)
    metrics: dict[str, Any] = {"validation": validation_figures(scored)}
    if request.word_tfidf:
        from opine_training.evaluation.baselines.tfidf import word_tfidf  # noqa: PLC0415

        logger.info("word TF-IDF on the same rows")
        baseline = word_tfidf(dataset.train.texts, labels_of(dataset.train))
        metrics["word_tfidf"] = report(score_corpus(baseline, dataset.validation, {}))["all"]
    state_metrics(artefact, metrics)
    write_json(request.folder / METRICS, metrics)
    write_report(request.folder, scored, progress, metrics)
    logger.info("macro-F1 on the validation rows: %.4f", metrics["validation"]["all"]["macro_f1"])
