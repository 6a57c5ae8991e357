"""Routes of the learning loop: whether the live version still reads what people write, and which trainings ran."""

from collections.abc import Sequence

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from sqlalchemy import select

from opine_reviews import training_runs
from opine_reviews.api.openapi import EITHER_TOKEN, json_answer, problems
from opine_reviews.dependencies import dependencies
from opine_reviews.models import DriftMeasurement, TrainingRun
from opine_reviews.request_checks import require_registry_or_admin
from opine_reviews.schemas.drift import DriftAnswer, DriftNight, DriftReport
from opine_reviews.schemas.registry import (
    EndTrainingBody,
    PageQuery,
    StartTrainingBody,
    TrainingAnswer,
    TrainingPage,
    TrainingPath,
)

drift = APIBlueprint("drift", __name__, url_prefix="/api/v1")
training_routes = APIBlueprint("training", __name__, url_prefix="/api/v1")

NIGHTS = 30


@drift.get(
    "/drift",
    responses={200: DriftAnswer, **problems(401, 403, 422, 503)},
    security=EITHER_TOKEN,
)
def get_drift() -> Response:
    """Whether the live version still reads what people write, by the last night's report, and the nights before."""
    require_registry_or_admin()
    newest = select(DriftMeasurement.report).order_by(DriftMeasurement.until.desc()).limit(NIGHTS)
    with dependencies().database.transaction() as session:
        reports = [DriftReport.model_validate(report) for report in session.scalars(newest)]
    return json_answer(_drift_answer(reports))


def _drift_answer(reports: Sequence[DriftReport]) -> DriftAnswer:
    newest = reports[0] if reports else None
    return DriftAnswer(
        drifted=newest is not None and newest.drifted,
        reasons=newest.reasons if newest else [],
        report=newest,
        nights=[_in_short(report) for report in reports],
    )


def _in_short(report: DriftReport) -> DriftNight:
    (people,) = (one for one in report.figures if one.source == "people")
    words = [word.text for word in report.words if word.signal == "misread"]
    return DriftNight(until=report.until, drifted=report.drifted, agreement=people.agreement_now, words=words)


@training_routes.get("/training-runs", responses={200: TrainingPage, **problems(422, 503)})
def get_training_runs(query: PageQuery) -> Response:
    """Trainings, last started first."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = training_runs.list_runs(session, own.cursors, limit=query.limit, cursor=query.cursor)
    return json_answer(TrainingPage(items=[_training_answer(run) for run in found], next_cursor=next_cursor))


@training_routes.post(
    "/training-runs",
    responses={201: TrainingAnswer, **problems(400, 401, 403, 409, 413, 415, 422, 503)},
    security=EITHER_TOKEN,
)
def start_training(body: StartTrainingBody) -> Response:
    """Write down that a version begins to learn; one at a time."""
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        run = training_runs.start_run(session, body.parent, body.actor, body.evidence)
    return json_answer(_training_answer(run), 201)


@training_routes.post(
    "/training-runs/<int:id>/end",
    responses={200: TrainingAnswer, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    security=EITHER_TOKEN,
)
def end_training(path: TrainingPath, body: EndTrainingBody) -> Response:
    """Say how it ended: a version is registered, the gate refused it, or it failed."""
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        run = training_runs.end_run(session, path.id, body.outcome, body.version, body.evidence)
    return json_answer(_training_answer(run))


def _training_answer(run: TrainingRun) -> TrainingAnswer:
    return TrainingAnswer.model_validate(run, from_attributes=True)
