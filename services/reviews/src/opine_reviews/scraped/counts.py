"""How many reviews of a brand its sources gave. Beside Opine's own counts, never in them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from opine_reviews.scraped.models import BrandSource, ScrapedCount


@dataclass(frozen=True)
class SourceCount:
    source: str
    source_url: str
    stars: tuple[int, int, int, int, int]

    @property
    def review_count(self) -> int:
        return sum(self.stars)

    @property
    def average_stars(self) -> float | None:
        if not self.review_count:
            return None
        return sum(number * count for number, count in enumerate(self.stars, start=1)) / self.review_count


def count_by_source(session: Session, slugs: Collection[str]) -> dict[str, list[SourceCount]]:
    """Each brand's sources by name, those without a review too. Where it is several companies: the one read last."""
    counted = (ScrapedCount.brand_slug == BrandSource.brand_slug) & (ScrapedCount.source == BrandSource.source)
    statement = (
        select(BrandSource, ScrapedCount)
        .join(ScrapedCount, counted, isouter=True)
        .where(BrandSource.brand_slug.in_(slugs))
        .ext(distinct_on(BrandSource.brand_slug, BrandSource.source))
        .order_by(BrandSource.brand_slug, BrandSource.source, BrandSource.read_at.desc())
    )
    found: dict[str, list[SourceCount]] = defaultdict(list)
    for company, count in session.execute(statement):
        if company.brand_slug is None:
            continue
        stars = (0, 0, 0, 0, 0) if count is None else _stars(count)
        found[company.brand_slug].append(SourceCount(company.source, company.source_url, stars))
    return found


def _stars(count: ScrapedCount) -> tuple[int, int, int, int, int]:
    return count.stars_1, count.stars_2, count.stars_3, count.stars_4, count.stars_5
