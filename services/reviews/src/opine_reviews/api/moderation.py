"""Routes of reports, of moderation, and of the sessions in which it is done."""

import datetime as dt

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from opine_common.problems import Problem
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from opine_reviews import moderation
from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.dependencies import dependencies
from opine_reviews.errors import invalid_field
from opine_reviews.models import EndedSession
from opine_reviews.privacy import hash_client
from opine_reviews.request_checks import require_admin
from opine_reviews.schemas.answers import BrandName
from opine_reviews.schemas.moderation import (
    HiddenReviewAnswer,
    ModerationAnswer,
    ModerationBody,
    ModerationEventAnswer,
    ReportBody,
    ReportedReview,
    SessionAnswer,
    SessionPath,
)
from opine_reviews.schemas.requests import ReviewPath

moderation_routes = APIBlueprint("moderation", __name__, url_prefix="/api/v1")

_ADMIN: list[dict[str, list[object]]] = [{"admin": []}]
_MOST = 100
# Longer than any session lasts.
_KEPT = dt.timedelta(days=7)


@moderation_routes.post(
    "/reviews/<int:id>/report", responses={204: None, **problems(400, 404, 413, 415, 422, 429, 503)}
)
def report_review(path: ReviewPath, body: ReportBody) -> Response:
    """Tell an admin that a review is wrong; a second report of the same client changes nothing."""
    own = dependencies()
    own.limits.count("reports")
    secret = own.settings.client_hash_key.get_secret_value().encode()
    client_hash = hash_client(secret, dt.datetime.now(dt.UTC).date(), request.remote_addr or "")
    with own.database.transaction() as session:
        found = moderation.report(session, path.id, body.reason, client_hash)
    if not found:
        raise Problem(404, "There is no review with this id.")
    return Response(status=204)


@moderation_routes.get(
    "/moderation", responses={200: ModerationAnswer, **problems(401, 403, 422, 503)}, security=_ADMIN
)
def get_moderation() -> Response:
    """What waits for an admin, and what was done last."""
    require_admin()
    with dependencies().database.transaction() as session:
        answer = ModerationAnswer(
            reported=[
                ReportedReview(
                    id=review.id,
                    brand_slug=review.brand_slug,
                    text=review.text,
                    stars=review.stars,
                    reports=number,
                    reasons=reasons,
                )
                for review, number, reasons in moderation.reported(session, _MOST)
            ],
            hidden=[
                HiddenReviewAnswer.model_validate(review, from_attributes=True)
                for review in moderation.hidden(session, _MOST)
            ],
            unlisted_brands=[
                BrandName(slug=brand.slug, name=brand.name) for brand in moderation.unlisted(session, _MOST)
            ],
            events=[
                ModerationEventAnswer.model_validate(event, from_attributes=True)
                for event in moderation.history(session, _MOST)
            ],
        )
    return json_answer(answer)


@moderation_routes.post(
    "/moderation", responses={204: None, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)}, security=_ADMIN
)
def moderate(body: ModerationBody) -> Response:
    """Hide, restore or delete a review or a brand, approve a brand, or dismiss a review's reports."""
    require_admin()
    if body.kind == "review" and not body.target.isdecimal():
        raise invalid_field("target", "must be a review's id")
    if (body.action == "approve") > (body.kind == "brand") or (body.action == "dismiss") > (body.kind == "review"):
        raise invalid_field("action", "`approve` is for brands and `dismiss` for reviews")
    with dependencies().database.transaction() as session:
        moderation.act(session, body.action, body.kind, body.target, actor=body.actor, reason=body.reason)
    return Response(status=204)


@moderation_routes.get(
    "/admin-sessions/<session_id>", responses={200: SessionAnswer, **problems(401, 403, 422, 503)}, security=_ADMIN
)
def get_session(path: SessionPath) -> Response:
    """Whether an admin's session was ended."""
    require_admin()
    with dependencies().database.transaction() as session:
        found = session.scalar(select(EndedSession.session_id).where(EndedSession.session_id == path.session_id))
    return json_answer(SessionAnswer(ended=found is not None))


@moderation_routes.delete(
    "/admin-sessions/<session_id>", responses={204: None, **problems(401, 403, 422, 503)}, security=_ADMIN
)
def end_session(path: SessionPath) -> Response:
    """End an admin's session, wherever its cookie was copied to."""
    require_admin()
    ended = insert(EndedSession).values(session_id=path.session_id, expires_at=dt.datetime.now(dt.UTC) + _KEPT)
    with dependencies().database.transaction() as session:
        session.execute(ended.on_conflict_do_nothing())
    return Response(status=204)
