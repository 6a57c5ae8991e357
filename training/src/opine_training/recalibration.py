"""A new calibration for an artefact, from reviews."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  tyro asks for the type
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import tyro
from charcnn.calibration import LABEL_OF_STAR, Calibration, label_probabilities
from charcnn.engine import load_engine

from opine_training.artefacts import rewrite
from opine_training.calibration import fit_calibration, fit_uniform_prior
from opine_training.config.reading import ReadConfig
from opine_training.config.selection import SelectionConfig
from opine_training.data.errors import DataError
from opine_training.data.files import review_files
from opine_training.data.learned import Source, tuning_digests
from opine_training.data.rows import LeftOut
from opine_training.evaluation.engine import EngineReader, engine_logits
from opine_training.evaluation.evaluate import score_files, validation_figures
from opine_training.evaluation.selection import SplitChoice, scored_rows
from opine_training.evaluation.variants import VARIANTS
from opine_training.lineage import LINEAGE_MANIFEST
from opine_training.lineage.artefact import read_lineage
from opine_training.lineage.reader import LineageReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from numpy.typing import NDArray

    from opine_training.data.rows import Row
    from opine_training.evaluation.reading import Offsets, Reader

logger = logging.getLogger(__name__)


class CalibrationError(Exception):
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
    reading: Annotated[ReadConfig, tyro.conf.arg(name="")] = field(default_factory=ReadConfig)
    selection: Annotated[SelectionConfig, tyro.conf.arg(name="")] = field(default_factory=SelectionConfig)


def recalibrate(model: Path, out: Path, version: str, reviews: Reviews) -> Calibration:
    """Write `model` to `out` with what was fitted; figures that no longer hold are left out.

    Raises:
        CalibrationError: there is nothing to fit on.
        DataError: the reviews have no such rows.
        ArtefactError: the model is no artefact.
    """
    if reviews.data is None and reviews.uniform_prior is None:
        raise CalibrationError("name reviews to fit on with --data, --uniform-prior, or both")
    if (model / LINEAGE_MANIFEST).exists():
        return _recalibrate_lineage(model, out, version, reviews)
    engine = load_engine(model, threads=2)
    manifest = engine.manifest
    calibration = manifest.calibration
    metrics = _without_uniform_prior(manifest.metrics)
    if reviews.data is not None:
        rows = _rows(reviews.data, reviews, reviews.split)
        logger.info("fitting temperature, biases and label offsets on %d rows", len(rows))
        calibration = fit_calibration(_raw_logits(engine, rows), _stars(rows), [row.source for row in rows])
        metrics = {}
    if reviews.uniform_prior is not None:
        rows = _rows(reviews.uniform_prior, reviews, "all")
        logger.info("fitting the offsets to a uniform prior on %d rows", len(rows))
        probabilities = label_probabilities(calibration.probabilities(_raw_logits(engine, rows)))
        offsets = fit_uniform_prior(probabilities, LABEL_OF_STAR[_stars(rows)])
        calibration = calibration.model_copy(update={"uniform_prior_offsets": offsets})
    fitted = manifest.model_copy(update={"version": version, "calibration": calibration, "metrics": metrics})
    rewrite(model, out, fitted)
    if reviews.evaluate is not None:
        figures = _figures(EngineReader(load_engine(out, threads=2)), reviews.evaluate, reviews.reading)
        rewrite(model, out, fitted.model_copy(update={"metrics": manifest.metrics | figures}))
    return calibration


def _recalibrate_lineage(model: Path, out: Path, version: str, reviews: Reviews) -> Calibration:
    """Its probabilities stay as they were in 2019; only the offsets can be fitted."""
    if reviews.uniform_prior is None:
        raise CalibrationError("a lineage model has no temperature to fit; name --uniform-prior alone")
    manifest, network = read_lineage(model)
    rows = _rows(reviews.uniform_prior, reviews, "all")
    probabilities = LineageReader(manifest, network).read([row.text for row in rows]).probabilities
    offsets: Offsets = fit_uniform_prior(probabilities, LABEL_OF_STAR[_stars(rows)])
    metrics = _without_uniform_prior(manifest.metrics)
    updated = manifest.model_copy(update={"version": version, "uniform_prior_offsets": offsets, "metrics": metrics})
    if reviews.evaluate is not None:
        figures = _figures(LineageReader(updated, network), reviews.evaluate, reviews.reading)
        updated = updated.model_copy(update={"metrics": manifest.metrics | figures})
    rewrite(model, out, updated)
    return Calibration(uniform_prior_offsets=offsets)


def _figures(reader: Reader, data: Path, reading: ReadConfig) -> dict[str, Any]:
    files = [file for file in review_files(data, reading) if not file.benchmark and file.scheme != "two"]
    return {"validation": validation_figures(score_files(reader, files, "val", LeftOut(), variants=VARIANTS))}


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
