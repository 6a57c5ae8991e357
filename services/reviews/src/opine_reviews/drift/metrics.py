"""The last report's figures as metrics; every replica has the same.

They are made anew whenever they are asked for, and never counted by a process: a word that is named no more is gone,
and there are at most `MOST_WORDS` series of each signal, whatever people write. Over time a word that is named is a
new series of Prometheus, so at most that many a night.
"""

import logging
import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from opine_reviews.database import Database
from opine_reviews.metrics import KEPT_S
from opine_reviews.models import DriftMeasurement
from opine_reviews.schemas.drift import DriftReport, ShareAnswer, Signal, Source

logger = logging.getLogger(__name__)

MOST_WORDS = 10


class DriftMetrics(Collector):
    """Looks at the table at most once in `kept_s` seconds; while the database is away, all stays as it was."""

    def __init__(self, database: Database, kept_s: float = KEPT_S) -> None:
        self._database = database
        self._kept_s = kept_s
        self._report: DriftReport | None = None
        self._expires = 0.0
        self._lock = Lock()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families, also without a report."""
        with self._lock:
            if time.monotonic() >= self._expires:
                self._expires = time.monotonic() + self._kept_s
                self._look()
            report = self._report
        yield from families(report)

    def _look(self) -> None:
        newest = select(DriftMeasurement.report).order_by(DriftMeasurement.until.desc()).limit(1)
        try:
            with self._database.probe() as session:
                found = session.scalar(newest)
        except SQLAlchemyError as error:
            logger.warning("metrics of drift are not up to date", extra={"error": str(error).splitlines()[0]})
            return
        self._report = None if found is None else DriftReport.model_validate(found)


Samples = Iterator[tuple[list[str], float]]


def families(report: DriftReport | None) -> list[GaugeMetricFamily]:
    """All of them; without a report none has a value."""
    made = []
    for name, text, labels, samples in _FAMILIES:
        family = GaugeMetricFamily(f"opine_drift_{name}", text, labels=labels)
        for values, number in samples(report) if report else ():
            family.add_metric(values, number)
        made.append(family)
    return made


def _measured(report: DriftReport) -> Samples:
    yield [], report.until.timestamp()


def _reasons(report: DriftReport) -> Samples:
    given = {(reason.source, reason.signal) for reason in report.reasons}
    for source in get_args(Source):
        for signal in get_args(Signal):
            yield [source, signal], (source, signal) in given


def _agreement(report: DriftReport) -> Samples:
    for one in report.figures:
        yield from _then_and_now(one.source, one.agreement_before, one.agreement_now)


def _language(report: DriftReport) -> Samples:
    for one in report.figures:
        yield from _then_and_now(one.source, one.language_before, one.language_now)


def _then_and_now(source: Source, before: ShareAnswer, now: ShareAnswer) -> Samples:
    for when, share in (("before", before), ("now", now)):
        if share.of:
            yield [source, when], share.hits / share.of


def _stability(report: DriftReport) -> Samples:
    for one in report.figures:
        for figure, index in one.stability.items():
            if index is not None:
                yield [one.source, figure], index


def _words(report: DriftReport) -> Samples:
    """The surest; a word of both sources once, as where it is surer."""
    for signal in ("misread", "turned"):
        found = sorted((word for word in report.words if word.signal == signal), key=lambda word: word.p_value)
        ratios: dict[str, float] = {}
        for word in found:
            ratios.setdefault(word.text, word.now.hits / word.now.of)
        for text, ratio in list(ratios.items())[:MOST_WORDS]:
            yield [signal, text], ratio


_FAMILIES: tuple[tuple[str, str, tuple[str, ...], Callable[[DriftReport], Samples]], ...] = (
    ("measured_timestamp_seconds", "When the time ended that was last measured.", (), _measured),
    ("reasons", "Reasons to call it drift: 1, or 0.", ("source", "signal"), _reasons),
    ("agreement_ratio", "Share of the proposals that were kept.", ("source", "time"), _agreement),
    ("language_ratio", "Share of the texts in another language.", ("source", "time"), _language),
    ("stability_index", "How far a figure's distribution has moved.", ("source", "figure"), _stability),
    (
        "word_ratio",
        "Of the surest words, how often the proposal was corrected, or it spoke in the direction that has changed.",
        ("signal", "word"),
        _words,
    ),
)
