"""Routes of reviews and predictions: submit, list, export as CSV, delete."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from opine_common.csv_cells import defuse
from opine_common.prediction import ModelVersion, PredictionAnswer, StoredPrediction

from opine_reviews import moderation
from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.dependencies import Dependencies, dependencies
from opine_reviews.errors import require_length
from opine_reviews.listing import ListedReview, list_reviews
from opine_reviews.metrics import count_submission
from opine_reviews.models import Review
from opine_reviews.privacy import hash_client, user_agent_family
from opine_reviews.request_checks import require_admin
from opine_reviews.schemas.answers import (
    BrandName,
    ReviewAnswer,
    ReviewPage,
)
from opine_reviews.schemas.requests import (
    ExportQuery,
    PredictionRequest,
    ReviewHeaders,
    ReviewListQuery,
    ReviewPath,
    ReviewRequest,
)
from opine_reviews.submission import Submission, fingerprint, store

reviews = APIBlueprint("reviews", __name__, url_prefix="/api/v1")
predictions = APIBlueprint("predictions", __name__, url_prefix="/api/v1")
export = APIBlueprint("export", __name__, url_prefix="/api/v1")

_EXPORT_PAGE = 1000  # rows a transaction
_CSV_HEADER = (
    "id",
    "brand",
    "brand_name",
    "text",
    "stars",
    "suggested_stars",
    "score",
    "label",
    "model_name",
    "model_version",
    "model_digest",
    "created_at",
)


@reviews.post("/reviews", responses={201: ReviewAnswer, **problems(400, 409, 413, 415, 422, 429, 503)})
def submit_review(header: ReviewHeaders, body: ReviewRequest) -> Response:
    """Store a review."""
    own = dependencies()
    require_length(body.text, own.settings.max_text_length)
    own.limits.count("submissions")
    submission = _submission(body, header.idempotency_key)
    with own.database.transaction() as session:
        stored = store(session, submission)
    if not stored.replayed:
        count_submission(submission.prediction, submission.stars)
    answer = json_answer(review_answer(stored.review, stored.brand_name), 201)
    if stored.replayed:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


@reviews.get("/reviews", responses={200: ReviewPage, **problems(422, 503)})
def get_reviews(query: ReviewListQuery) -> Response:
    """List reviews, newest first unless sorted otherwise."""
    own = dependencies()
    with own.database.transaction() as session:
        rows, next_cursor = list_reviews(
            session,
            own.cursors,
            query,
            sort=query.sort,
            order=query.order,
            limit=query.limit,
            cursor=query.cursor,
        )
    items = [review_answer(row.review, row.brand_name) for row in rows]
    return json_answer(ReviewPage(items=items, next_cursor=next_cursor))


@reviews.delete(
    "/reviews/<int:id>",
    responses={204: None, **problems(401, 403, 404, 422, 503)},
    security=[{"admin": []}],
)
def delete_review(path: ReviewPath) -> Response:
    """Delete a review."""
    require_admin()
    with dependencies().database.transaction() as session:
        moderation.act(session, "delete", "review", str(path.id), actor="admin", reason="")
    return Response(status=204)


def review_answer(review: Review, brand_name: str) -> ReviewAnswer:
    return ReviewAnswer(
        id=review.id,
        brand=BrandName(slug=review.brand_slug, name=brand_name),
        text=review.text,
        stars=review.stars,
        prediction=_stored_prediction(review),
        created_at=review.created_at,
        demo=review.demo is True,
    )


def _stored_prediction(review: Review) -> StoredPrediction | None:
    if review.suggested_stars is None or review.score is None or review.label is None:
        return None
    model = None
    if review.model_name is not None and review.model_version is not None:
        model = ModelVersion(name=review.model_name, version=review.model_version, digest=review.model_digest)
    return StoredPrediction(stars=review.suggested_stars, score=review.score, label=review.label, model=model)


def _submission(body: ReviewRequest, key: str | None) -> Submission:
    own = dependencies()
    secret = own.settings.client_hash_key.get_secret_value().encode()
    return Submission(
        brand_slug=body.brand,
        text=body.text,
        stars=body.stars,
        prediction=own.signer.believed(body.text, body.prediction),
        client_hash=hash_client(secret, dt.datetime.now(dt.UTC).date(), request.remote_addr or ""),
        user_agent_family=user_agent_family(request.headers.get("User-Agent", "")),
        idempotency_key=key,
        request_fingerprint=None if key is None else fingerprint(body),
    )


@predictions.post("/predictions", responses={200: PredictionAnswer, **problems(400, 413, 415, 422, 429, 503)})
def post_prediction(body: PredictionRequest) -> Response:
    """The sentiment of a text."""
    dependencies().limits.count("predictions")
    answer = dependencies().sentiment.predict(body.text, explain=body.explain)
    return Response(answer.model_dump_json(exclude_none=True), content_type="application/json")


@export.get(
    "/reviews.csv",
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(401, 403, 422, 503),
    },
    security=[{"admin": []}],
)
def export_reviews(query: ExportQuery) -> Response:
    """All reviews that the filters leave, as CSV."""
    require_admin()
    # The first page is read before the answer begins, so that a failing database is still a 503.
    first = _page(dependencies(), query, None)
    lines = _stream(dependencies(), query, *first)
    return Response(
        chain(["\ufeff"], lines) if query.bom else lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="reviews.csv"'},
    )


def _stream(own: Dependencies, query: ExportQuery, rows: list[ListedReview], cursor: str | None) -> Iterator[str]:
    """Page after page, each in its own short transaction: a slow reader holds no connection.

    An error here breaks the answer off without its last chunk, which the reader's HTTP client reports.
    """
    yield _header_line()
    yield _review_lines(rows)
    while cursor is not None:
        rows, cursor = _page(own, query, cursor)
        yield _review_lines(rows)


def _page(own: Dependencies, query: ExportQuery, cursor: str | None) -> tuple[list[ListedReview], str | None]:
    with own.database.transaction() as session:
        return list_reviews(
            session, own.cursors, query, sort=query.sort, order=query.order, limit=_EXPORT_PAGE, cursor=cursor
        )


def _header_line() -> str:
    return _lines([_CSV_HEADER])


def _review_lines(rows: Iterable[ListedReview]) -> str:
    return _lines(_cells(row) for row in rows)


def _cells(row: ListedReview) -> tuple[str | int | float | None, ...]:
    review = row.review
    return (
        review.id,
        review.brand_slug,
        defuse(row.brand_name),
        defuse(review.text),
        review.stars,
        review.suggested_stars,
        review.score,
        review.label,
        review.model_name and defuse(review.model_name),
        review.model_version and defuse(review.model_version),
        review.model_digest,
        review.created_at.isoformat().replace("+00:00", "Z"),
    )


def _lines(rows: Iterable[Iterable[str | float | None]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
