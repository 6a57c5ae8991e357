"""The route of drift: whether the live version still reads what people write."""

from collections.abc import Sequence

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from sqlalchemy import select

from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.dependencies import dependencies
from opine_reviews.models import DriftMeasurement
from opine_reviews.request_checks import require_registry_or_admin
from opine_reviews.schemas.drift import DriftAnswer, DriftNight, DriftReport

drift = APIBlueprint("drift", __name__, url_prefix="/api/v1")

NIGHTS = 30


@drift.get(
    "/drift",
    responses={200: DriftAnswer, **problems(401, 403, 422, 503)},
    security=[{"registry": []}, {"admin": []}],
)
def get_drift() -> Response:
    """Whether the live version still reads what people write, by the last night's report, and the nights before."""
    require_registry_or_admin()
    newest = select(DriftMeasurement.report).order_by(DriftMeasurement.until.desc()).limit(NIGHTS)
    with dependencies().database.transaction() as session:
        reports = [DriftReport.model_validate(report) for report in session.scalars(newest)]
    return json_answer(_answer(reports))


def _answer(reports: Sequence[DriftReport]) -> DriftAnswer:
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
