"""Fit the calibration of a model to reviews and write it as a new version."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from charcnn.config import Calibration
from charcnn.engine import load_engine
from charcnn.prediction import LABEL_OF_STAR, calibrated_probabilities, label_probabilities

from opine_training import InputError
from opine_training.artefacts import ServedModel, engine_logits, rewrite
from opine_training.calibration import fit_calibration, fit_uniform_prior
from opine_training.config import ReadConfig, SelectionConfig, flat, parse
from opine_training.evaluation import VARIANTS, SplitChoice, score_files, scored_rows, validation_figures
from opine_training.legacy_2019 import LEGACY_2019_MANIFEST, Legacy2019Model, read_legacy_2019
from opine_training.reviews import DataError, LeftOut, review_files
from opine_training.splits import Source, tuning_digests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from numpy.typing import NDArray

    from opine_training.metrics import Model, Offsets
    from opine_training.reviews import Row

logger = logging.getLogger(__name__)


class CalibrationError(InputError):
    """There is nothing to fit; the message says what to name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """What a calibration is fitted on and judged by."""

    data: Path | None = None
    """A CSV file or a folder."""
    split: SplitChoice = "tuning"
    """Rows of --data to fit on: `tuning` are those that a run with the same --cap, --share and --tuning-share kept
    aside."""
    uniform_prior: Path | None = None
    """A CSV file, all of whose rows are used."""
    evaluate: Path | None = None
    """Reviews whose val rows make the new card's figures; without, those that no longer hold are left out."""
    reading: Annotated[ReadConfig, flat] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, flat] = field(default_factory=SelectionConfig)


def recalibrate(model: Path, out: Path, version: str, reviews: Reviews) -> Calibration:
    """Write `model` to `out` with what was fitted; figures that no longer hold are left out.

    Raises:
        CalibrationError: there is nothing to fit on.
        DataError: the reviews have no such rows.
        ArtefactError: the model is no artefact.
    """
    if reviews.data is None and reviews.uniform_prior is None:
        raise CalibrationError("name reviews to fit on with --data, --uniform-prior, or both")
    if (model / LEGACY_2019_MANIFEST).exists():
        return _recalibrate_legacy_2019(model, out, version, reviews)
    engine = load_engine(model, threads=2)
    manifest = engine.manifest
    calibration = manifest.calibration
    metrics = _without_uniform_prior(manifest.metrics)
    if reviews.data is not None:
        rows = _rows(reviews.data, reviews, reviews.split)
        logger.info("fitting temperature, biases and label offsets on %d rows", len(rows))
        calibration = fit_calibration(_raw_logits(engine, rows), _stars(rows), [row.source for row in rows])
        metrics = {}  # all figures were of the old decisions
    if reviews.uniform_prior is not None:
        rows = _rows(reviews.uniform_prior, reviews, "all")
        logger.info("fitting the offsets to a uniform prior on %d rows", len(rows))
        probabilities = label_probabilities(calibrated_probabilities(_raw_logits(engine, rows), calibration))
        offsets = fit_uniform_prior(probabilities, LABEL_OF_STAR[_stars(rows)])
        calibration = calibration.model_copy(update={"uniform_prior_offsets": offsets})
    fitted = manifest.model_copy(update={"version": version, "calibration": calibration, "metrics": metrics})
    # Written before it is judged: figures are of the artefact that will be served, read back by its engine.
    rewrite(model, out, fitted)
    if reviews.evaluate is not None:
        figures = _figures(ServedModel(load_engine(out, threads=2)), reviews.evaluate, reviews.reading)
        rewrite(model, out, fitted.model_copy(update={"metrics": manifest.metrics | figures}))
    return calibration


def _recalibrate_legacy_2019(model: Path, out: Path, version: str, reviews: Reviews) -> Calibration:
    """Its probabilities stay as they were in 2019; only the offsets can be fitted."""
    if reviews.uniform_prior is None:
        raise CalibrationError("a model of 2019 has no temperature to fit; name --uniform-prior alone")
    manifest, network = read_legacy_2019(model)
    rows = _rows(reviews.uniform_prior, reviews, "all")
    probabilities = Legacy2019Model(manifest, network).predict([row.text for row in rows]).probabilities
    offsets: Offsets = fit_uniform_prior(probabilities, LABEL_OF_STAR[_stars(rows)])
    metrics = _without_uniform_prior(manifest.metrics)
    updated = manifest.model_copy(update={"version": version, "uniform_prior_offsets": offsets, "metrics": metrics})
    if reviews.evaluate is not None:
        figures = _figures(Legacy2019Model(updated, network), reviews.evaluate, reviews.reading)
        updated = updated.model_copy(update={"metrics": manifest.metrics | figures})
    rewrite(model, out, updated)
    return Calibration(uniform_prior_offsets=offsets)


def _figures(model: Model, data: Path, reading: ReadConfig) -> dict[str, Any]:
    files = [file for file in review_files(data, reading) if not file.benchmark and file.scheme != "two"]
    return {"validation": validation_figures(score_files(model, files, "val", LeftOut(), variants=VARIANTS))}


def _without_uniform_prior(metrics: dict[str, Any]) -> dict[str, Any]:
    """Figures under other offsets than the new ones say nothing; all others still hold."""
    return {
        name: _without_uniform_prior(value) if isinstance(value, dict) else value
        for name, value in metrics.items()
        if name != "accuracy_uniform_prior"
    }


def _rows(data: Path, reviews: Reviews, split: SplitChoice) -> list[Row]:
    source = Source(data, reviews.reading, reviews.selection)
    tuning = tuning_digests(source) if split == "tuning" else frozenset()
    files = [file for file in source.files if file.scheme != "two"]
    rows = [row for file in files for row in scored_rows(file, split, LeftOut(), tuning)[1]]
    if not rows:
        raise DataError(f"{data}: no rows to fit on (--split {split})")
    return rows


def _stars(rows: Sequence[Row]) -> NDArray[np.int64]:
    return np.array([row.stars - 1 for row in rows], np.int64)


def _raw_logits(engine: Engine, rows: Sequence[Row]) -> NDArray[np.float32]:
    return engine_logits(engine, [row.text for row in rows]).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate:
    """Fit the probabilities of a model to given reviews and write it as a new version; its weights stay.

        calibrate --data reviews/ --out my-model --version 0.2.0
        calibrate --uniform-prior balanced.csv --out my-model --version 0.2.0

    With --data, temperature and star biases are fitted by likelihood and the label offsets by three-class
    macro-F1. With --uniform-prior, the offsets that carry the probabilities to a uniform prior are fitted by
    likelihood, every class weighing the same. Both may be given. Fit on reviews that are like those to come and
    that nothing was learned from.
    """

    model: Path = Path("services/sentiment/model")
    """Artefact folder; of a model of 2019 only the offsets to a uniform prior can be fitted."""
    out: Path
    """The new artefact's folder; what is there is replaced."""
    version: str
    """Of the new artefact."""
    reviews: Annotated[Reviews, flat] = field(default_factory=Reviews)


def main(arguments: Sequence[str]) -> None:
    command = parse(Calibrate, "calibrate", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    calibration = recalibrate(command.model, command.out, command.version, command.reviews)
    sys.stdout.write(json.dumps(calibration.model_dump(), indent=2) + "\n")
