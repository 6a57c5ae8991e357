import datetime as dt

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews.admin import require_admin
from opine_reviews.api.answers import json_answer, problems, review_answer
from opine_reviews.clients import hash_client, user_agent_family
from opine_reviews.listing import list_reviews
from opine_reviews.metrics import count_submission
from opine_reviews.problems import Problem, invalid_field
from opine_reviews.schemas.answers import ReviewAnswer, ReviewPage
from opine_reviews.schemas.queries import ReviewListQuery, ReviewPath
from opine_reviews.schemas.requests import ReviewHeaders, ReviewRequest, ShownPrediction
from opine_reviews.services import services
from opine_reviews.submission import Prediction, Submission, fingerprint, remove, store

reviews = APIBlueprint("reviews", __name__, url_prefix="/api/v1")


@reviews.post("/reviews", responses={201: ReviewAnswer, **problems(400, 409, 413, 415, 422, 503)})
def submit_review(header: ReviewHeaders, body: ReviewRequest) -> Response:
    """Store a review."""
    own = services()
    if len(body.text) > own.settings.max_text_length:
        raise invalid_field("text", f"has {len(body.text)} code points; at most {own.settings.max_text_length} may be")
    submission = _submission(body, header.idempotency_key)
    with own.database.transaction() as session:
        stored = store(session, submission)
    if not stored.replayed:
        shown = body.prediction
        version = own.known_versions.label(None if shown is None else shown.model.version)
        count_submission(version, None if shown is None else shown.stars, body.stars)
    answer = json_answer(review_answer(stored.review, stored.brand_name), 201)
    if stored.replayed:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


@reviews.get("/reviews", responses={200: ReviewPage, **problems(422, 503)})
def get_reviews(query: ReviewListQuery) -> Response:
    """List reviews, newest first unless sorted otherwise."""
    own = services()
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
    with services().database.transaction() as session:
        found = remove(session, path.id)
    if not found:
        raise Problem(404, "There is no review with this id.")
    return Response(status=204)


def _submission(body: ReviewRequest, key: str | None) -> Submission:
    secret = services().settings.client_hash_key.get_secret_value().encode()
    return Submission(
        brand_slug=body.brand,
        text=body.text,
        stars=body.stars,
        prediction=None if body.prediction is None else _shown(body.prediction),
        client_hash=hash_client(secret, dt.datetime.now(dt.UTC).date(), request.remote_addr or ""),
        user_agent_family=user_agent_family(request.headers.get("User-Agent", "")),
        idempotency_key=key,
        request_fingerprint=None if key is None else fingerprint(body),
    )


def _shown(prediction: ShownPrediction) -> Prediction:
    return Prediction(
        stars=prediction.stars,
        score=prediction.score,
        label=prediction.label,
        model_name=prediction.model.name,
        model_version=prediction.model.version,
    )
