"""The demo: invented brands with invented reviews, marked as such, and taken away again without a trace.

What a person writes about an invented brand is a person's, and stays; so does that brand.
"""

import random
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Literal

from opine_common.prediction import PredictionAnswer
from pydantic import BaseModel
from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.models import Brand, BrandMonth, BrandSource, HiddenReview, Report, Review, ScrapedReview

WEEKS = 14
# Reviews of one brand; of one on the rise before the last week, and in it.
_STEADY = 26
_BEFORE, _LAST_WEEK = 20, 10

Kind = Literal["shop", "place", "contract", "carrier"]


class _Sentences(BaseModel):
    praise: list[str]
    quibble: list[str]
    complaint: list[str]


class DemoBrand(BaseModel):
    slug: str
    name: str
    sector: str
    kind: Kind
    # At the beginning and at the end: 0 is all complaint, 1 all praise.
    mood: tuple[float, float]
    pace: Literal["steady", "rising"]
    praise: list[str]
    mixed: list[str]
    complaint: list[str]


class _Texts(BaseModel):
    shop: _Sentences
    place: _Sentences
    contract: _Sentences
    carrier: _Sentences
    brand: list[DemoBrand]


@dataclass(frozen=True)
class DemoReview:
    brand_slug: str
    text: str
    stars: int
    created_at: datetime


@dataclass(frozen=True)
class Removed:
    reviews: int
    brands: int
    # Of brands that stay, because somebody reviewed them.
    kept: list[str]


def demo_brands() -> list[DemoBrand]:
    return _texts().brand


def demo_reviews(now: datetime) -> list[DemoReview]:
    """Always the same texts and stars; their times end shortly before `now`."""
    texts = _texts()
    chance = random.Random(2019)
    written: set[str] = set()
    return [
        review
        for brand in texts.brand
        for review in _reviews_of(brand, getattr(texts, brand.kind), chance, written, now)
    ]


def is_filled(session: Session) -> bool:
    ours = select(Review.id).join(Brand, Brand.slug == Review.brand_slug).where(Brand.demo, Review.demo.is_(True))
    return session.scalar(ours.limit(1)) is not None


def fill(session: Session, reviews: Sequence[DemoReview], predictions: Mapping[str, PredictionAnswer]) -> int:
    """Add what is not there yet; the number of reviews added. A brand of the same slug that is no demo's stays alone.

    Args:
        session: commits afterwards.
        reviews: as `demo_reviews` makes them.
        predictions: by text; a review without one gets none.
    """
    # Of two that fill at the same time the second finds everything there.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("opine demo"))))
    brands = [{**brand.model_dump(include={"slug", "name", "sector"}), "demo": True} for brand in demo_brands()]
    session.execute(insert(Brand).on_conflict_do_nothing(index_elements=[Brand.slug]), brands)
    filled = exists().where(Review.brand_slug == Brand.slug, Review.demo.is_(True))
    empty = set(session.scalars(select(Brand.slug).where(Brand.demo, ~filled)))
    rows = [_row(review, predictions.get(review.text)) for review in reviews if review.brand_slug in empty]
    if rows:
        session.execute(insert(Review), rows)
    return len(rows)


def remove(session: Session) -> Removed:
    """Delete the demo's reviews, hidden ones too, and its brands but those that somebody reviewed."""
    slugs = list(session.scalars(select(Brand.slug).where(Brand.demo)))
    ours = Review.brand_slug.in_(slugs) & Review.demo.is_(True)
    ids = list(session.scalars(delete(Review).where(ours).returning(Review.id)))
    hidden: ColumnElement[bool] = HiddenReview.kept["demo"].as_boolean().is_(True)
    ids += session.scalars(
        delete(HiddenReview).where(HiddenReview.brand_slug.in_(slugs), hidden).returning(HiddenReview.id)
    )
    session.execute(delete(Report).where(Report.review_id.in_(ids)))
    kept = {
        slug
        for table in (Review, HiddenReview, ScrapedReview, BrandSource)
        for slug in session.scalars(select(table.brand_slug).where(table.brand_slug.in_(slugs)).distinct())
    }
    gone = [slug for slug in slugs if slug not in kept]
    session.execute(delete(BrandMonth).where(BrandMonth.brand_slug.in_(gone)))
    session.execute(delete(Brand).where(Brand.slug.in_(gone)))
    return Removed(len(ids), len(gone), sorted(set(slugs) - set(gone)))


def _texts() -> _Texts:
    return _Texts.model_validate(tomllib.loads((files("opine_reviews") / "demo.toml").read_text("utf-8")))


def _reviews_of(
    brand: DemoBrand, shared: _Sentences, chance: random.Random, written: set[str], now: datetime
) -> Iterator[DemoReview]:
    for age in _ages(brand, chance):
        first, last = brand.mood
        mood = last + (first - last) * (age / timedelta(weeks=WEEKS))
        stars = chance.choices((1, 2, 3, 4, 5), _weights(mood))[0]
        text = _text(brand, shared, stars, chance)
        while text in written:
            text = _text(brand, shared, stars, chance)
        written.add(text)
        yield DemoReview(brand.slug, text, stars, now - age)


def _ages(brand: DemoBrand, chance: random.Random) -> list[timedelta]:
    def spread(count: int, earliest: float, latest: float) -> list[timedelta]:
        return [timedelta(days=chance.uniform(latest, earliest)) for _ in range(count)]

    days = 7.0 * WEEKS
    if brand.pace == "steady":
        return spread(_STEADY, days, 0.02)
    return spread(_BEFORE, days, 7.0) + spread(_LAST_WEEK, 7.0, 0.02)


def _weights(mood: float) -> tuple[float, ...]:
    """Of 1 to 5 stars: people write when they are pleased or angry, and less often in between."""
    anger = 1 - mood
    return (1.3 * anger**1.5, 0.8 * anger, 0.4, 0.9 * mood, 1.6 * mood**1.5)


def _text(brand: DemoBrand, shared: _Sentences, stars: int, chance: random.Random) -> str:
    # What it says first, and what it may add.
    first, second = {
        5: (brand.praise, shared.praise),
        4: (brand.praise, [*shared.quibble, *shared.praise]),
        3: (brand.mixed, [*shared.quibble, *shared.praise]),
        2: (brand.complaint, [*shared.quibble, *brand.mixed, *shared.complaint]),
        1: (brand.complaint, shared.complaint),
    }[stars]
    sentences = [chance.choice(first)]
    if chance.random() < 0.75:  # noqa: PLR2004  a quarter of them is one sentence
        sentences.append(chance.choice(second))
    if stars in {1, 5} and chance.random() < 0.3:  # noqa: PLR2004  some go on
        sentences.append(chance.choice([other for other in first if other not in sentences]))
    return " ".join(sentences)


def _row(review: DemoReview, answer: PredictionAnswer | None) -> dict[str, object]:
    prediction, model = answer and answer.prediction, answer and answer.model
    stars = review.stars
    # As people do: two of three keep a proposal that is nearly theirs, and all correct another one.
    if prediction and abs(prediction.stars - stars) == 1 and zlib.crc32(review.text.encode()) % 3:
        stars = prediction.stars
    return {
        "brand_slug": review.brand_slug,
        "text": review.text,
        "stars": stars,
        "created_at": review.created_at,
        "suggested_stars": prediction and prediction.stars,
        "score": prediction and prediction.score,
        "label": prediction and prediction.label,
        "model_name": model and model.name,
        "model_version": model and model.version,
        "model_digest": model and model.digest,
        "demo": True,
    }
