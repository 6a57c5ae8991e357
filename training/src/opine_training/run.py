"""A whole run: read, train, calibrate, export, evaluate. Started again, it goes on where it stopped."""

from __future__ import annotations

import json
import logging
import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from charcnn.engine import load_engine
from charcnn.export import export

from opine_training.baseline import word_tfidf_scores
from opine_training.calibrate import fit_calibration
from opine_training.card import model_card
from opine_training.dataset import read_dataset
from opine_training.evaluate import evaluate, evaluate_beginnings
from opine_training.inference import predict_logits
from opine_training.loop import Training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from charcnn.calibration import Calibration
    from charcnn.config import NetworkConfig
    from charcnn.network import CharCNN

    from opine_training.config import TrainConfig
    from opine_training.corpus import Columns
    from opine_training.dataset import Dataset

logger = logging.getLogger(__name__)
NAME = "opine-charcnn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    data: Path
    folder: Path
    version: str
    columns: Columns
    caps: Mapping[str, int]
    config: TrainConfig
    network: NetworkConfig
    command: Sequence[str]


def run(request: Request) -> dict[str, Any]:
    """Leave `artefact/`, `metrics.json`, `log.txt` and the checkpoint in the run's folder; return the metrics."""
    request.folder.mkdir(parents=True, exist_ok=True)
    dataset = read_dataset(request.data, request.columns, request.caps, request.config.tuning_share)
    logger.info(
        "%d training, %d tuning, %d validation rows", len(dataset.train), len(dataset.tuning), len(dataset.validation)
    )
    network = Training(request.network, request.config, dataset.train, dataset.tuning, request.folder).run()
    calibration = fit_calibration(predict_logits(network, dataset.tuning), dataset.tuning.stars)
    logger.info("word TF-IDF on the same rows")
    baseline = word_tfidf_scores(dataset.train, dataset.validation)
    _write(request, dataset, network, calibration, metrics={})
    engine = load_engine(request.folder / "artefact", threads=2)
    metrics = {
        "validation": evaluate(engine, dataset.validation),
        "beginnings": evaluate_beginnings(engine, dataset.validation),
        "word_tfidf": baseline,
    }
    _write(request, dataset, network, calibration, metrics)
    (request.folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    logger.info(
        "macro-F1 on the validation rows: %.4f, word TF-IDF %.4f",
        metrics["validation"]["all"]["macro_f1"],
        baseline["macro_f1"],
    )
    return metrics


def _write(
    request: Request, dataset: Dataset, network: CharCNN, calibration: Calibration, metrics: dict[str, Any]
) -> None:
    training = {
        "rows": len(dataset.train),
        "data_sha256": dataset.fingerprint,
        "configuration": asdict(request.config),
        "caps": dict(request.caps),
    }
    export(
        network,
        request.folder / "artefact",
        name=NAME,
        version=request.version,
        calibration=calibration,
        training=training,
        metrics=metrics,
        card=model_card(NAME, request.version, training, metrics, shlex.join(request.command)) if metrics else "",
    )
