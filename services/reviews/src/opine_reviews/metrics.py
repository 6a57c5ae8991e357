"""Metrics of reviews, scraping, releases and trainings; those of HTTP are in opine_common."""

import logging
import re
import time
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import get_args

from flask import Flask, request
from opine_common.prediction import StoredPrediction
from prometheus_client import Counter, Gauge
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, load_only

from opine_reviews.database import Database
from opine_reviews.models import EventKind, ReleaseEvent, RunKind, RunOutcome, ScrapeRun, TrainingOutcome, TrainingRun

logger = logging.getLogger(__name__)

SUBMITTED = Counter(
    "opine_reviews_submitted_total",
    "Reviews stored: the stars that were proposed against those that were chosen.",
    ["model_version", "suggested", "chosen", "agreement"],
)
FAILED_PREDICTIONS = Counter(
    "opine_reviews_failed_predictions_total",
    "Predictions that could not be made, by reason.",
    ["reason"],
)
# There from the start: the first step of a counter that was not is no rate, and the model would sleep through it.
FAILED_PREDICTIONS.labels("unreachable")
REJECTED_PREDICTIONS = Counter(
    "opine_reviews_rejected_predictions_total",
    "Predictions that came with a review and were not kept, by reason.",
    ["reason"],
)


def count_submission(prediction: StoredPrediction | None, chosen: int) -> None:
    """Count one stored review.

    Its prediction must be one that the sentiment service made, so that no client can invent versions, each of which
    would be a time series, or come from a route of 2019, which names no model.
    """
    suggested = prediction and prediction.stars
    version = prediction.model.version if prediction and prediction.model else "none"
    agreement = "none" if suggested is None else "same" if suggested == chosen else "corrected"
    SUBMITTED.labels(version, str(suggested or "none"), str(chosen), agreement).inc()


# Prometheus asks every 15 to 60 s; each process looks at the table at most this often.
KEPT_S = 15.0
# Of reasons that occurred in the last runs; more become "other".
_MOST_REASONS = 20
_RECENT_RUNS = 100
_REASON = re.compile(r"[a-z][a-z0-9_]{0,49}")
OTHER = "other"
_SHOWN = (ScrapeRun.ended_at, ScrapeRun.pages, ScrapeRun.items, ScrapeRun.new_items, ScrapeRun.rejected)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"opine_scrape_{name}", text, labels, multiprocess_mode="mostrecent")


RUNS = _gauge("runs", "Runs on record, by how they ended; running: not ended yet.", "kind", "outcome")
LAST_SUCCESS = _gauge("last_success_timestamp_seconds", "When the last completed run ended.", "kind")
LAST_END = _gauge("last_run_timestamp_seconds", "When the last run ended, however it did.", "kind")
LAST_PAGES = _gauge("last_run_pages", "Pages that the last ended run read.", "kind")
LAST_ITEMS = _gauge("last_run_items", "Reviews and companies that the last ended run read.", "kind")
LAST_NEW = _gauge("last_run_new_items", "Those of them that were not known before.", "kind")
LAST_REJECTED = _gauge(
    "last_run_rejected", "Pages and cards that the last ended run did not understand.", "kind", "reason"
)


RELEASE_DECISIONS = Gauge(
    "opine_release_decisions", "Decisions on record, by kind.", ["kind"], multiprocess_mode="mostrecent"
)
RELEASE_WEIGHT = Gauge(
    "opine_release_weight",
    "Percent of the sessions that see the candidate of the open release, 0 in its shadow; -1 without one.",
    multiprocess_mode="mostrecent",
)
RELEASE_LAST_DECISION = Gauge(
    "opine_release_last_decision_timestamp_seconds",
    "When the release plan was last changed; 0 before that.",
    multiprocess_mode="mostrecent",
)

TRAINING_RUNS = Gauge(
    "opine_training_runs",
    "Trainings on record, by how they ended; running: not ended yet.",
    ["outcome"],
    multiprocess_mode="mostrecent",
)


class RunMetrics:
    """Brings the gauges up to date, at most once in `kept_s`; while the database is away they stay as they were."""

    def __init__(self, database: Database, kept_s: float = KEPT_S) -> None:
        self._database = database
        self._kept_s = kept_s
        self._expires = 0.0
        self._lock = Lock()

    def refresh(self) -> None:
        # Another request does it just now.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if time.monotonic() >= self._expires:
                self._expires = time.monotonic() + self._kept_s
                with self._database.probe() as session:
                    _show_all(session)
                    _show_releases(session)
                    _show_trainings(session)
        except SQLAlchemyError as error:
            logger.warning(
                "metrics of scraping, releases and trainings are not up to date",
                extra={"error": str(error).splitlines()[0]},
            )
        finally:
            self._lock.release()


def register_run_metrics(app: Flask, database: Database) -> None:
    metrics = RunMetrics(database)

    @app.before_request
    def refresh() -> None:
        if request.path == "/metrics":
            metrics.refresh()


def _show_all(session: Session) -> None:
    # The table grows by a few rows a night.
    outcome = func.coalesce(ScrapeRun.outcome, "running")
    counted = session.execute(
        select(ScrapeRun.kind, outcome, func.count(), func.max(ScrapeRun.ended_at)).group_by(ScrapeRun.kind, outcome)
    )
    counts = {(kind, ended): (number, last) for kind, ended, number, last in counted}
    for kind in get_args(RunKind):
        for ended in (*get_args(RunOutcome), "running"):
            number, last = counts.get((kind, ended), (0, None))
            RUNS.labels(kind, ended).set(number)
            if ended == "completed" and last is not None:
                LAST_SUCCESS.labels(kind).set(last.timestamp())
        _show_last(session, kind)


def _show_releases(session: Session) -> None:
    counted = session.execute(select(ReleaseEvent.kind, func.count()).group_by(ReleaseEvent.kind))
    counts = dict(counted.all())
    for kind in get_args(EventKind):
        RELEASE_DECISIONS.labels(kind).set(counts.get(kind, 0))
    newest = session.scalar(select(ReleaseEvent).order_by(ReleaseEvent.revision.desc()).limit(1))
    RELEASE_WEIGHT.set(-1 if newest is None or newest.candidate_digest is None else newest.weight)
    RELEASE_LAST_DECISION.set(0 if newest is None else newest.created_at.timestamp())


def _show_trainings(session: Session) -> None:
    outcome = func.coalesce(TrainingRun.outcome, "running")
    counts = dict(session.execute(select(outcome, func.count()).group_by(outcome)).all())
    for ended in (*get_args(TrainingOutcome), "running"):
        TRAINING_RUNS.labels(ended).set(counts.get(ended, 0))


def _show_last(session: Session, kind: RunKind) -> None:
    ended = select(ScrapeRun).where(ScrapeRun.kind == kind, ScrapeRun.ended_at.is_not(None))
    newest = ended.order_by(ScrapeRun.ended_at.desc(), ScrapeRun.id.desc()).limit(_RECENT_RUNS)
    recent = session.scalars(newest.options(load_only(*_SHOWN))).all()
    if not recent:
        return
    last = recent[0]
    if last.ended_at is not None:
        LAST_END.labels(kind).set(last.ended_at.timestamp())
    LAST_PAGES.labels(kind).set(last.pages)
    LAST_ITEMS.labels(kind).set(last.items)
    LAST_NEW.labels(kind).set(last.new_items)
    # A reason of an earlier run is nought now, and must not stay as it was.
    reasons = bounded_reasons(last.rejected, known=(reason for run in recent for reason in run.rejected))
    for reason, number in reasons.items():
        LAST_REJECTED.labels(kind, reason).set(number)


def bounded_reasons(rejected: Mapping[str, int], known: Iterable[str]) -> dict[str, int]:
    """Numbers by reason, for labels: at most 20 reasons and "other"."""
    named = sorted(reason for reason in {*known, *rejected} if _REASON.fullmatch(reason))[:_MOST_REASONS]
    numbers = dict.fromkeys([*named, OTHER], 0)
    for reason, number in rejected.items():
        numbers[reason if reason in numbers else OTHER] += number
    return numbers
