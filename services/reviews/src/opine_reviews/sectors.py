"""The sectors that brands are in."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opine_reviews.models import Brand


@dataclass(frozen=True)
class CountedSector:
    sector: str
    brand_count: int


def list_sectors(session: Session) -> list[CountedSector]:
    """All by name. A brand that the 2019 route added has no sector and is counted nowhere."""
    statement = (
        select(Brand.sector, func.count())
        .where(Brand.sector.is_not(None))
        .group_by(Brand.sector)
        .order_by(func.lower(Brand.sector), Brand.sector)
    )
    return [CountedSector(sector, count) for sector, count in session.execute(statement) if sector is not None]
