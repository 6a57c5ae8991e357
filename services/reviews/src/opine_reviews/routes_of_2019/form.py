"""The form of `POST /api/review`, typed and bounded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from opine_reviews.characters import refuse_unstorable

FIELDS = ("review", "rating", "suggested_rating", "sentiment_score", "brand", "user_agent", "ip_address")

_MAX_LENGTHS = {"brand": 100, "user_agent": 1000, "ip_address": 64}


class FormError(ValueError):
    """What the client reads as `error`."""


@dataclass(frozen=True, kw_only=True)
class ReviewForm:
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
            refuse_unstorable(form[field])
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
    text = form[field].strip()
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
