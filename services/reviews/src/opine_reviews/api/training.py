"""Routes of trainings: who starts one writes it down, who ends it says how."""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews import training_runs
from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.dependencies import dependencies
from opine_reviews.models import TrainingRun
from opine_reviews.request_checks import require_registry_or_admin
from opine_reviews.schemas.registry import PageQuery
from opine_reviews.schemas.training import (
    EndTrainingBody,
    StartTrainingBody,
    TrainingAnswer,
    TrainingPage,
    TrainingPath,
)

training_routes = APIBlueprint("training", __name__, url_prefix="/api/v1")
_EITHER_TOKEN: list[dict[str, list[object]]] = [{"registry": []}, {"admin": []}]


@training_routes.get("/training-runs", responses={200: TrainingPage, **problems(422, 503)})
def get_training_runs(query: PageQuery) -> Response:
    """Trainings, last started first."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = training_runs.list_runs(session, own.cursors, limit=query.limit, cursor=query.cursor)
    return json_answer(TrainingPage(items=[_answer(run) for run in found], next_cursor=next_cursor))


@training_routes.post(
    "/training-runs",
    responses={201: TrainingAnswer, **problems(400, 401, 403, 409, 413, 415, 422, 503)},
    security=_EITHER_TOKEN,
)
def start_training(body: StartTrainingBody) -> Response:
    """Write down that a version begins to learn; one at a time."""
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        run = training_runs.start_run(session, body.parent, body.actor, body.evidence)
    return json_answer(_answer(run), 201)


@training_routes.post(
    "/training-runs/<int:id>/end",
    responses={200: TrainingAnswer, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    security=_EITHER_TOKEN,
)
def end_training(path: TrainingPath, body: EndTrainingBody) -> Response:
    """Say how it ended: a version is registered, the gate refused it, or it failed."""
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        run = training_runs.end_run(session, path.id, body.outcome, body.version, body.evidence)
    return json_answer(_answer(run))


def _answer(run: TrainingRun) -> TrainingAnswer:
    return TrainingAnswer.model_validate(run, from_attributes=True)
