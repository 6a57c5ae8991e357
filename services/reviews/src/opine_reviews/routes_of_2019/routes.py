"""The three routes of 2019: form-encoded, and errors as `{"error": "..."}`."""

import datetime as dt

from flask import Blueprint, Response, jsonify, request

from opine_reviews.brands import add_brand_by_name
from opine_reviews.clients import hash_client, user_agent_family
from opine_reviews.metrics import count_submission
from opine_reviews.models import Label
from opine_reviews.prediction import predict
from opine_reviews.problems import Problem
from opine_reviews.routes_of_2019.form import FormError, ReviewForm, read_review_form
from opine_reviews.routes_of_2019.rows import newest_rows, row_of_2019
from opine_reviews.services import services
from opine_reviews.slugs import slugify
from opine_reviews.submission import Prediction, Submission, store

routes_of_2019 = Blueprint("routes_of_2019", __name__, url_prefix="/api")

_MOST_ROWS = 1000


@routes_of_2019.post("/predict")
def post_predict() -> Response:
    if "review" not in request.form:
        raise Problem(400, "no review in body")
    return jsonify(predict(request.form["review"], explain=False).prediction.score)


@routes_of_2019.post("/review")
def post_review() -> Response:
    own = services()
    try:
        form = read_review_form(request.form, max_text_length=own.settings.max_text_length)
    except FormError as error:
        raise Problem(400, str(error)) from error
    with own.database.transaction() as session:
        brand = add_brand_by_name(session, slugify(form.brand), form.brand, most=own.settings.max_brands)
        if brand is None:
            raise Problem(400, "brand is unknown, and no more brands are added")
        stored = store(session, _submission(form, brand.slug))
    count_submission(own.known_versions.label(None), form.suggested_rating, form.rating)
    return jsonify(row_of_2019(stored.review, stored.brand_name))


@routes_of_2019.get("/reviews")
def get_reviews() -> Response:
    limit = request.args.get("limit", "100")
    if not (
        limit.isascii() and limit.isdecimal() and len(limit) <= len(str(_MOST_ROWS)) and 1 <= int(limit) <= _MOST_ROWS
    ):
        raise Problem(400, f"limit must be an integer from 1 to {_MOST_ROWS}")
    with services().database.transaction() as session:
        rows = newest_rows(session, int(limit))
    return jsonify(rows)


def _submission(form: ReviewForm, slug: str) -> Submission:
    secret = services().settings.client_hash_key.get_secret_value().encode()
    # The client of 2019 is a server that names the person's address and browser in the form.
    address = form.ip_address or request.remote_addr or ""
    return Submission(
        brand_slug=slug,
        text=form.review,
        stars=form.rating,
        prediction=Prediction(
            stars=form.suggested_rating, score=form.sentiment_score, label=_label(form.suggested_rating)
        ),
        client_hash=hash_client(secret, dt.datetime.now(dt.UTC).date(), address),
        user_agent_family=user_agent_family(form.user_agent),
    )


def _label(stars: int) -> Label:
    if stars == 3:  # noqa: PLR2004  the middle
        return "average"
    return "good" if stars > 3 else "bad"  # noqa: PLR2004  the middle
