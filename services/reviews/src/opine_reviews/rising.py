"""Brands on the rise: more reviews in the last seven days than chance alone adds to a usual week."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Float, cast, func, select
from sqlalchemy.orm import Session

from opine_reviews.models import Brand, Review
from opine_reviews.schemas.answers import BrandName, RisingBrandAnswer

KEPT_S = 60
"""How long counts are kept; whether a brand is listed is asked each time."""
MOST = 10
MIN_REVIEWS = 5
"""In a week; fewer are no news, whatever was before."""
USUAL_WEEKS = 4
# Reviews that come independently scatter by the root of their mean (Poisson). By chance, about one week in forty is
# more than two such deviations above it.
_DEVIATIONS = 2.0


@dataclass(frozen=True)
class _Count:
    slug: str
    this_week: int
    usual: float


class RisingBrands:
    """Counts the last five weeks at most once in `KEPT_S` seconds, however many ask."""

    def __init__(self) -> None:
        self._counts: list[_Count] = []
        self._expires = 0.0
        self._lock = threading.Lock()

    def found(self, session: Session) -> list[RisingBrandAnswer]:
        """The steepest first, at most `MOST`."""
        counts = self._kept(session)
        statement = select(Brand.slug, Brand.name).where(Brand.slug.in_([count.slug for count in counts]), Brand.listed)
        names = dict(session.execute(statement).all())
        return [
            RisingBrandAnswer(
                brand=BrandName(slug=count.slug, name=names[count.slug]),
                review_count=count.this_week,
                usual_count=count.usual,
            )
            for count in counts
            if count.slug in names
        ]

    def _kept(self, session: Session) -> list[_Count]:
        # While one counts, the others take what was found before; only the first count of all is waited for.
        if time.monotonic() < self._expires or not self._lock.acquire(blocking=not self._expires):
            return self._counts
        try:
            if time.monotonic() >= self._expires:
                self._counts = _count(session, datetime.now(UTC))
                self._expires = time.monotonic() + KEPT_S
            return self._counts
        finally:
            self._lock.release()


def _count(session: Session, now: datetime) -> list[_Count]:
    """Reads five weeks of the index of times."""
    week, before = now - timedelta(weeks=1), now - timedelta(weeks=1 + USUAL_WEEKS)
    this_week = func.count().filter(Review.created_at >= week)
    counts = (
        select(
            Review.brand_slug.label("slug"),
            this_week.label("this_week"),
            (cast(func.count() - this_week, Float) / USUAL_WEEKS).label("usual"),
        )
        .where(Review.created_at >= before, Review.created_at < now)
        .group_by(Review.brand_slug)
        .having(this_week >= MIN_REVIEWS)
        .subquery()
    )
    above = counts.c.this_week - counts.c.usual
    # Against at least one review a week, so that a brand without a past does not beat all others by a division.
    steepness = above / func.sqrt(func.greatest(counts.c.usual, 1.0))
    statement = (
        select(counts.c.slug, counts.c.this_week, counts.c.usual)
        .join(Brand, Brand.slug == counts.c.slug)
        .where(Brand.listed, above > _DEVIATIONS * func.sqrt(counts.c.usual))
        .order_by(steepness.desc(), counts.c.slug)
        .limit(MOST)
    )
    return [_Count(*row) for row in session.execute(statement)]
