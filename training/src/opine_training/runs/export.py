"""From a checkpoint to an artefact."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.calibration import LABEL_OF_STAR, softmax
from charcnn.devices import DeviceError
from charcnn.export import export
from charcnn.legacy_2019 import Legacy2019Network
from charcnn.network import CharCNN
from charcnn.quantise import passes, quantise
from charcnn.text import EncodedText

from opine_training.calibration import fit_calibration, fit_uniform_prior
from opine_training.card import model_card
from opine_training.data.corpus import open_corpus
from opine_training.fitting.checkpoint import read_progress
from opine_training.fitting.inference import predict_logits
from opine_training.lineage.artefact import LineageManifest, write_lineage
from opine_training.linear.mix import best_share, linear_logits, scaled
from opine_training.networks.build import build_encoding, build_network
from opine_training.runs.folder import CORPUS, read_config, read_summary
from opine_training.runs.linear import linear_part

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.data.corpus import Corpus

logger = logging.getLogger(__name__)
_INT8_TEXTS = 4000


def export_run(folder: Path, artefact: Path, version: str) -> None:
    """Calibrate the best epoch of a run on its tuning rows and write it as an artefact.

    Raises:
        RunError: the folder holds no run.
        CheckpointError: no epoch of it is done.
    """
    config, asked = read_config(folder)
    progress, summary = read_progress(folder), read_summary(folder)
    network, encoding = build_network(config), build_encoding(config)
    if progress.best is not None:
        network.load_state_dict(progress.best)
    tuning = open_corpus(folder / CORPUS / "tuning")
    stars = tuning.stars.astype(np.int64)
    logits = predict_logits(network, encoding, tuning)
    training = {
        "rows": sum(row["train"] + row["tuning"] for row in summary["rows"].values()),
        "data_sha256": summary["fingerprint"],
        "epochs": progress.best_epoch + 1,
        "configuration": asdict(config),
        "selection": asked["selection"],
        "command": asked["command"],
    }
    metrics: dict[str, Any] = {}  # nothing is measured yet
    name = asked["name"]
    card = model_card(name, version, training, metrics)
    if isinstance(network, CharCNN):
        linear = linear_part(folder, config)
        if linear is not None:
            said = linear_logits(linear, tuning)
            share = best_share(logits, said, stars)
            logger.info("linear part: %.2f of what it says is added to the network", share)
            linear, logits = scaled(linear, share), logits + np.float32(share) * said
        calibration = fit_calibration(logits, stars, tuning.sources)
        export(
            network,
            linear,
            artefact,
            name=name,
            version=version,
            calibration=calibration,
            training=training,
            metrics=metrics,
            card=card,
        )
        _add_int8(artefact, tuning)
    elif isinstance(network, Legacy2019Network):
        offsets = fit_uniform_prior(softmax(logits.astype(np.float64)), LABEL_OF_STAR[stars])
        manifest = LineageManifest(
            name=name,
            version=version,
            network=network.config,
            uniform_prior_offsets=offsets,
            training=training,
            metrics=metrics,
        )
        write_lineage(artefact, network, manifest, card)


def _add_int8(artefact: Path, tuning: Corpus) -> None:
    """Where this machine can, and where int8 is near enough; an artefact is whole without it."""
    indices = np.linspace(0, len(tuning) - 1, min(len(tuning), _INT8_TEXTS)).astype(int).tolist()
    symbols = [tuning.text_symbols(index) for index in indices]
    try:
        figures = quantise(artefact, [EncodedText(each, None, len(each)) for each in symbols])
    except DeviceError as error:
        logger.info("no int8 graph: %s", error)
        return
    logger.info(
        "int8 graph %s: a probability differs by up to %.4f, %.1f %% of the labels are the same",
        "added" if passes(figures) else "left out",
        figures.max_probability_difference,
        100 * figures.same_labels,
    )
