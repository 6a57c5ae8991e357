"""Storing a review once, however often its request arrives."""

import hashlib
import json
from dataclasses import dataclass

from opine_common.prediction import StoredPrediction
from opine_common.problems import Problem
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.errors import invalid_field
from opine_reviews.models import Brand, HiddenReview, Review
from opine_reviews.schemas.requests import ReviewRequest


@dataclass(frozen=True, kw_only=True)
class Submission:
    brand_slug: str
    text: str
    stars: int
    prediction: StoredPrediction | None
    client_hash: bytes
    user_agent_family: str
    idempotency_key: str | None = None
    request_fingerprint: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class StoredReview:
    review: Review
    brand_name: str
    replayed: bool


def fingerprint(request: ReviewRequest) -> bytes:
    """Equal for requests that mean the same review: what the person says, whatever the model was heard to say of it."""
    return hashlib.sha256(json.dumps([request.brand, request.text, request.stars]).encode()).digest()


def store(session: Session, submission: Submission, *, unlisted: bool = False) -> StoredReview:
    """Store the review, or find the one that an earlier request with the same key and body stored.

    Of two such requests at the same time the second waits in PostgreSQL for the first's commit.

    Raises:
        Problem: 422 for an unknown brand, or a key that was used with another body; 409 for a review that was hidden.
    """
    brand = select(Brand.name).where(Brand.slug == submission.brand_slug)
    brand_name = session.scalar(brand if unlisted else brand.where(Brand.listed))
    if brand_name is None:
        raise invalid_field("brand", "is not known here")
    review = _insert(session, submission)
    if review is None:
        return _find_earlier(session, submission)
    # Only now: it may have been hidden while this waited for its key, which hiding takes out of the reviews.
    _refuse_hidden(session, submission)
    return StoredReview(review=review, brand_name=brand_name, replayed=False)


def _refuse_hidden(session: Session, submission: Submission) -> None:
    if submission.idempotency_key is None:
        return
    hidden = select(HiddenReview.kept).where(HiddenReview.idempotency_key == submission.idempotency_key)
    kept = session.scalar(hidden)
    if kept is None:
        return
    # As PostgreSQL writes bytes in JSON.
    _require_same_body(bytes.fromhex(str(kept["request_fingerprint"]).removeprefix("\\x")), submission)
    raise Problem(
        409,
        "This review was stored before, and an administrator has hidden it since. Do not send it again.",
        kind="review-hidden",
    )


def _require_same_body(kept: bytes | None, submission: Submission) -> None:
    if kept != submission.request_fingerprint:
        raise Problem(
            422,
            "This Idempotency-Key was used with another body. Send a new review with a new key.",
            kind="idempotency-key-reused",
        )


def _insert(session: Session, submission: Submission) -> Review | None:
    shown = submission.prediction
    model = shown and shown.model
    statement = (
        insert(Review)
        .values(
            brand_slug=submission.brand_slug,
            text=submission.text,
            stars=submission.stars,
            suggested_stars=shown and shown.stars,
            score=shown and shown.score,
            label=shown and shown.label,
            model_name=model and model.name,
            model_version=model and model.version,
            model_digest=model and model.digest,
            client_hash=submission.client_hash,
            user_agent_family=submission.user_agent_family,
            idempotency_key=submission.idempotency_key,
            request_fingerprint=submission.request_fingerprint,
        )
        .on_conflict_do_nothing(index_elements=[Review.idempotency_key])
        .returning(Review)
    )
    return session.scalars(statement).one_or_none()


def _find_earlier(session: Session, submission: Submission) -> StoredReview:
    statement = (
        select(Review, Brand.name)
        .join(Brand, Brand.slug == Review.brand_slug)
        .where(Review.idempotency_key == submission.idempotency_key)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        # Stored by another request and deleted by an administrator within these milliseconds.
        raise Problem(409, "The review with this Idempotency-Key was just deleted. Send it with a new key.")
    review, brand_name = found
    _require_same_body(review.request_fingerprint, submission)
    return StoredReview(review=review, brand_name=brand_name, replayed=True)
