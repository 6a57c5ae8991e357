"""What the database has after the runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from opine_reviews.models import Brand, ScrapedReview, ScrapeRun
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Outcome:
    runs: Sequence[ScrapeRun]
    brand_count: int
    # A brand that came by scraping, with many reviews; None: there is none.
    brand: str | None


def read_outcome(database_url: str) -> Outcome:
    engine = create_engine(database_url)
    try:
        with Session(engine) as session:
            last = session.scalars(select(ScrapeRun).order_by(ScrapeRun.id.desc()).limit(2)).all()
            scraped = select(func.count()).where(Brand.origin == "scraped")
            most_read = (
                select(ScrapedReview.brand_slug)
                .join(Brand, Brand.slug == ScrapedReview.brand_slug)
                .where(Brand.origin == "scraped")
                .group_by(ScrapedReview.brand_slug)
                .order_by(func.max(ScrapedReview.read_at).desc(), func.count().desc(), ScrapedReview.brand_slug)
                .limit(1)
            )
            return Outcome(last[::-1], session.scalar(scraped) or 0, session.scalar(most_read))
    finally:
        engine.dispose()
