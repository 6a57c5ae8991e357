"""The three routes of 2019: form-encoded, and errors as `{"error": "..."}`."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request
from opine_common.prediction import Label, StoredPrediction
from opine_common.problems import Problem
from opine_common.text import require_storable
from sqlalchemy import select
from sqlalchemy.orm import Session

from opine_reviews.brands import add_brand_by_name, slugify
from opine_reviews.dependencies import dependencies
from opine_reviews.metrics import count_submission
from opine_reviews.models import Brand, Review
from opine_reviews.privacy import hash_client, user_agent_family
from opine_reviews.schemas.requests import normalise_text
from opine_reviews.submission import Submission, store

legacy_2019 = Blueprint("legacy_2019", __name__, url_prefix="/api")

FIELDS = ("review", "rating", "suggested_rating", "sentiment_score", "brand", "user_agent", "ip_address")

Row = dict[str, str | int | float | None]

_MOST_ROWS = 1000  # in 2019 there was no bound
_MAX_LENGTHS = {"brand": 100, "user_agent": 1000, "ip_address": 64}


class FormError(ValueError):
    """What the client reads as `error`."""


@dataclass(frozen=True, kw_only=True)
class ReviewForm:
    """The form of 2019, checked."""

    review: str
    rating: int
    suggested_rating: int
    sentiment_score: float
    brand: str
    user_agent: str
    ip_address: str


def read_review_form(form: Mapping[str, str], *, max_text_length: int) -> ReviewForm:
    """Check and convert the form.

    Raises:
        FormError: a field is missing, of the wrong type or out of bounds.
    """
    if any(field not in form for field in FIELDS):
        raise FormError("Missing field in body")
    for field in FIELDS:
        try:
            require_storable(form[field])
        except ValueError as error:
            raise FormError(f"{field} {error}") from None
    return ReviewForm(
        review=_text(form, "review", max_text_length),
        rating=_stars(form, "rating"),
        suggested_rating=_stars(form, "suggested_rating"),
        sentiment_score=_score(form),
        brand=_text(form, "brand", _MAX_LENGTHS["brand"]),
        user_agent=_bounded(form, "user_agent"),
        ip_address=_bounded(form, "ip_address"),
    )


def _text(form: Mapping[str, str], field: str, most: int) -> str:
    text = normalise_text(form[field])
    if not 1 <= len(text) <= most:
        raise FormError(f"{field} must have 1 to {most} characters")
    return text


def _bounded(form: Mapping[str, str], field: str) -> str:
    if len(form[field]) > _MAX_LENGTHS[field]:
        raise FormError(f"{field} must have at most {_MAX_LENGTHS[field]} characters")
    return form[field]


def _stars(form: Mapping[str, str], field: str) -> int:
    if form[field] not in ("1", "2", "3", "4", "5"):
        raise FormError(f"{field} must be an integer from 1 to 5")
    return int(form[field])


def _score(form: Mapping[str, str]) -> float:
    try:
        score = float(form["sentiment_score"])
    except ValueError:
        score = math.nan
    if not 0 <= score <= 1:
        raise FormError("sentiment_score must be a number from 0 to 1")
    return score


def newest_rows(session: Session, limit: int) -> list[Row]:
    """The newest reviews as the table of 2019 had them."""
    statement = (
        select(Review, Brand.name)
        .join(Brand, Brand.slug == Review.brand_slug)
        .where(Brand.listed)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(limit)
    )
    return [row_of_2019(review, name) for review, name in session.execute(statement)]


def row_of_2019(review: Review, brand_name: str) -> Row:
    """A review as the table of 2019 had it."""
    return {
        "id": review.id,
        "review": review.text,
        "rating": review.stars,
        "suggested_rating": review.suggested_stars,
        "sentiment_score": review.score,
        "brand": brand_name,
        "user_agent": review.user_agent_family or "",
        # Addresses are kept as keyed hashes only.
        "ip_address": "",
        "created_date": f"{review.created_at:%Y-%m-%d %H:%M:%S}",
    }


@legacy_2019.post("/predict")
def post_predict() -> Response:
    if "review" not in request.form:
        raise Problem(400, "no review in body")
    dependencies().limits.count("predictions")
    return jsonify(dependencies().sentiment.predict(request.form["review"], explain=False).prediction.score)


@legacy_2019.post("/review")
def post_review() -> Response:
    own = dependencies()
    try:
        form = read_review_form(request.form, max_text_length=own.settings.max_text_length)
    except FormError as error:
        raise Problem(400, str(error)) from error
    own.limits.count("submissions")
    slug = slugify(form.brand)
    with own.database.transaction() as session:
        is_known = session.scalar(select(Brand.id).where(Brand.slug == slug)) is not None
    if not is_known:
        own.limits.count("brands")
    with own.database.transaction() as session:
        brand = add_brand_by_name(session, slug, form.brand, most=own.settings.max_brands)
        if brand is None:
            raise Problem(400, "brand is unknown, and no more brands are added")
        submission = _submission(form, brand.slug)
        stored = store(session, submission, unlisted=True)
    count_submission(submission.prediction, submission.stars)
    return jsonify(row_of_2019(stored.review, stored.brand_name))


@legacy_2019.get("/reviews")
def get_reviews() -> Response:
    limit = request.args.get("limit", "100")
    if not (
        limit.isascii() and limit.isdecimal() and len(limit) <= len(str(_MOST_ROWS)) and 1 <= int(limit) <= _MOST_ROWS
    ):
        raise Problem(400, f"limit must be an integer from 1 to {_MOST_ROWS}")
    with dependencies().database.transaction() as session:
        rows = newest_rows(session, int(limit))
    return jsonify(rows)


def _submission(form: ReviewForm, slug: str) -> Submission:
    secret = dependencies().settings.client_hash_key.get_secret_value().encode()
    # The client of 2019 is a server that names the person's address and browser in the form.
    address = form.ip_address or request.remote_addr or ""
    return Submission(
        brand_slug=slug,
        text=form.review,
        stars=form.rating,
        prediction=StoredPrediction(
            stars=form.suggested_rating, score=form.sentiment_score, label=_label(form.suggested_rating), model=None
        ),
        client_hash=hash_client(secret, dt.datetime.now(dt.UTC).date(), address),
        user_agent_family=user_agent_family(form.user_agent),
    )


def _label(stars: int) -> Label:
    if stars == 3:  # noqa: PLR2004  the middle
        return "average"
    return "good" if stars > 3 else "bad"  # noqa: PLR2004  the middle
