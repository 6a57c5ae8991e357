"""Reviews page by page. A page starts in an index where the last one ended, so a deep page costs as the first."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_
from sqlalchemy.orm import Session, load_only

from opine_reviews.cursors import CursorCodec, read_page
from opine_reviews.models import Brand, Review
from opine_reviews.schemas.queries import Order, ReviewFilters, Sort

_SHOWN = (
    Review.id,
    Review.brand_slug,
    Review.text,
    Review.stars,
    Review.created_at,
    Review.suggested_stars,
    Review.score,
    Review.label,
    Review.model_name,
    Review.model_version,
)


@dataclass(frozen=True)
class ListedReview:
    review: Review
    brand_name: str


@dataclass(frozen=True)
class _SortKey:
    """What an order sorts by before id: the indexed expression, a row's value for a cursor, and the way back."""

    expression: ColumnElement[Any]
    of: Callable[[Review], str | float]
    parse: Callable[[Any], Any] = lambda value: value


_SORT_KEYS: dict[Sort, _SortKey] = {
    "created_at": _SortKey(
        Review.created_at.expression,
        lambda review: review.created_at.isoformat(),
        dt.datetime.fromisoformat,
    ),
    "stars": _SortKey(Review.stars.expression, lambda review: review.stars),
    # As in the index: a review without a score is below all.
    "score": _SortKey(
        func.coalesce(Review.score, literal_column("'-1'::double precision")),
        lambda review: -1.0 if review.score is None else review.score,
    ),
    "brand": _SortKey(Review.brand_slug.expression, lambda review: review.brand_slug),
}


def list_reviews(
    session: Session,
    codec: CursorCodec,
    filters: ReviewFilters,
    *,
    sort: Sort,
    order: Order,
    limit: int,
    cursor: str | None,
) -> tuple[list[ListedReview], str | None]:
    """One page and the cursor of the next, None after the last.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    key = _SORT_KEYS[sort]
    query = _describe(filters, sort, order)
    columns: list[ColumnElement[Any]] = [Review.id.expression]
    if not _is_fixed(sort, filters):
        columns.insert(0, key.expression)
    statement = _filtered(filters)
    if cursor is not None:
        value, row_id = codec.decode(query, cursor)
        position, start = tuple_(*columns), (key.parse(value), row_id)[-len(columns) :]
        statement = statement.where(position > start if order == "asc" else position < start)
    statement = statement.order_by(*(column.asc() if order == "asc" else column.desc() for column in columns))
    rows, following = read_page(session, statement, limit, lambda row: codec.encode(query, key.of(row[0]), row[0].id))
    return [ListedReview(review, name) for review, name in rows], following


def _is_fixed(sort: Sort, filters: ReviewFilters) -> bool:
    """Whether all reviews that the filters leave have the same sort key, so that only ids order them.

    The key must then be left out: with `stars = 5 AND (stars, id) < (5, 700)`, PostgreSQL does not start at the id but
    reads all rows before it.
    """
    return (sort == "brand" and filters.brand is not None) or (sort == "stars" and filters.stars is not None)


def _filtered(filters: ReviewFilters) -> Select[Review, str]:
    statement = select(Review, Brand.name).join(Brand, Brand.slug == Review.brand_slug).options(load_only(*_SHOWN))
    if filters.brand is not None:
        statement = statement.where(Review.brand_slug == filters.brand)
    if filters.stars is not None:
        statement = statement.where(Review.stars == filters.stars)
    if filters.label is not None:
        statement = statement.where(Review.label == filters.label)
    if filters.q is not None:
        statement = statement.where(Review.text.icontains(filters.q, autoescape=True))
    if filters.since is not None:
        statement = statement.where(Review.created_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(Review.created_at < filters.until)
    return statement


def _describe(filters: ReviewFilters, sort: Sort, order: Order) -> str:
    names = sorted(ReviewFilters.model_fields)
    return json.dumps(["reviews", sort, order, filters.model_dump(mode="json", include=set(names))])
