"""Scraped reviews page by page, newest first. As in `opine_reviews.listing`, a deep page costs what the first costs."""

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from opine_reviews.cursors import CursorCodec, read_page
from opine_reviews.models import Brand
from opine_reviews.schemas.scraped import ScrapedReviewFilters
from opine_reviews.scraped.models import ScrapedReview


@dataclass(frozen=True)
class ListedScrapedReview:
    review: ScrapedReview
    brand_name: str


def list_scraped_reviews(
    session: Session, codec: CursorCodec, filters: ScrapedReviewFilters, *, limit: int, cursor: str | None
) -> tuple[list[ListedScrapedReview], str | None]:
    """One page and the cursor of the next, None after the last.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    names = set(ScrapedReviewFilters.model_fields)
    query = json.dumps(["scraped-reviews", filters.model_dump(mode="json", include=names)])
    statement = _filtered(filters)
    position = (ScrapedReview.reviewed_at, ScrapedReview.id)
    if cursor is not None:
        reviewed_at, row_id = codec.decode(query, cursor)
        statement = statement.where(tuple_(*position) < (dt.datetime.fromisoformat(str(reviewed_at)), row_id))
    statement = statement.order_by(*(column.desc() for column in position))
    rows, following = read_page(
        session, statement, limit, lambda row: codec.encode(query, row[0].reviewed_at.isoformat(), row[0].id)
    )
    return [ListedScrapedReview(review, name) for review, name in rows], following


def _filtered(filters: ScrapedReviewFilters) -> Select[ScrapedReview, str]:
    statement = select(ScrapedReview, Brand.name).join(Brand, Brand.slug == ScrapedReview.brand_slug)
    if filters.brand is not None:
        statement = statement.where(ScrapedReview.brand_slug == filters.brand)
    if filters.stars is not None:
        statement = statement.where(ScrapedReview.stars == filters.stars)
    if filters.source is not None:
        statement = statement.where(ScrapedReview.source == filters.source)
    return statement
