"""A new calibration for an artefact, from reviews."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.artefact import read_manifest
from charcnn.calibration import LABEL_OF_STAR, Calibration, label_probabilities
from charcnn.engine import load_engine

from opine_training.artefacts import rewrite
from opine_training.calibration import fit_calibration, fit_uniform_prior
from opine_training.card import model_card
from opine_training.data.files import review_files
from opine_training.data.rows import DataError, LeftOut
from opine_training.evaluation.engine import predict
from opine_training.evaluation.selection import scored_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charcnn.engine import Engine
    from numpy.typing import NDArray

    from opine_training.config.reading import ReadConfig
    from opine_training.data.rows import Row
    from opine_training.evaluation.selection import SplitChoice

logger = logging.getLogger(__name__)


class CalibrationError(Exception):
    """There is nothing to fit; the message says what to name."""


def recalibrate(
    model: Path,
    out: Path,
    version: str,
    reading: ReadConfig,
    *,
    data: Path | None,
    split: SplitChoice,
    tuning_share: float,
    uniform_prior: Path | None,
) -> Calibration:
    """Write `model` to `out` with what was fitted; figures that no longer hold are left out of its card.

    Raises:
        CalibrationError: neither `data` nor `uniform_prior` is given.
        DataError: they have no such rows.
        ArtefactError: the model is no artefact.
    """
    if data is None and uniform_prior is None:
        raise CalibrationError("name reviews to fit on with --data, --uniform-prior, or both")
    engine = load_engine(model, threads=2)
    manifest = read_manifest(model)
    calibration, metrics = manifest.calibration, manifest.metrics
    if data is not None:
        rows = _rows(data, reading, split, tuning_share)
        logger.info("fitting temperature, biases and label offsets on %d rows", len(rows))
        calibration, metrics = fit_calibration(_raw_logits(engine, rows), _stars(rows)), {}
    if uniform_prior is not None:
        rows = _rows(uniform_prior, reading, "all", tuning_share)
        logger.info("fitting the offsets to a uniform prior on %d rows", len(rows))
        probabilities = label_probabilities(calibration.probabilities(_raw_logits(engine, rows)))
        offsets = fit_uniform_prior(probabilities, LABEL_OF_STAR[_stars(rows)])
        calibration = calibration.model_copy(update={"uniform_prior_offsets": offsets})
    training = manifest.training
    card = model_card(manifest.name, version, training, metrics)
    updated = manifest.model_copy(update={"version": version, "calibration": calibration, "metrics": metrics})
    rewrite(model, out, updated, card)
    return calibration


def _rows(data: Path, reading: ReadConfig, split: SplitChoice, tuning_share: float) -> list[Row]:
    files = [file for file in review_files(data, reading) if file.scheme != "two"]
    rows = [row for file in files for row in scored_rows(file, split, LeftOut(), tuning_share)[1]]
    if not rows:
        raise DataError(f"{data}: no rows to fit on (--split {split})")
    return rows


def _stars(rows: Sequence[Row]) -> NDArray[np.int64]:
    return np.array([row.stars - 1 for row in rows], np.int64)


def _raw_logits(engine: Engine, rows: Sequence[Row]) -> NDArray[Any]:
    """What the network said before its present calibration, but for a constant in each row."""
    now = engine.manifest.calibration
    probabilities = np.array([each.star_probabilities for each in predict(engine, [row.text for row in rows])])
    calibrated = np.log(np.maximum(probabilities, 1e-12))
    raw: NDArray[np.float32] = ((calibrated - np.array(now.star_bias)) * now.temperature).astype(np.float32)
    return raw
