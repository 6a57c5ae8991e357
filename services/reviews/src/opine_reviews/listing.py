"""Lists, page by page. A page starts in an index where the last one ended, so a deep page costs as the first."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from opine_common.problems import FieldError, Problem
from sqlalchemy import ColumnElement, Row, Select, exists, func, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from opine_reviews.models import Brand, Review, ReviewTerm, RunKind, ScrapedReview, ScrapeRun
from opine_reviews.schemas.requests import Order, ReviewFilters, ScrapedReviewFilters, Sort

_MAC_BYTES = 12  # 96 bits: nobody guesses one, and a cursor stays short enough for an address

Columns = TypeVarTuple("Columns")


class CursorCodec:
    """Writes and reads cursors.

    The MAC covers the query (filters, sort, order) without storing it, so that a cursor cannot be changed, nor carried
    over to another query, where its key would mean nothing.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"opine-reviews page cursor", "sha256")

    def encode(self, query: str, key: str | float, row_id: int) -> str:
        payload = json.dumps([key, row_id], ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(query, payload) + payload).rstrip(b"=").decode()

    def decode(self, query: str, cursor: str) -> tuple[str | float, int]:
        """The last row's sort key and id.

        Raises:
            Problem: 422, if this service did not write the cursor for this query.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refused() from None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(query, payload)):
            raise _refused()
        key, row_id = json.loads(payload)
        return key, row_id

    def _mac(self, query: str, payload: bytes) -> bytes:
        # The query's hash has a fixed length, so that no query can end where another's payload begins.
        message = hashlib.sha256(query.encode()).digest() + payload
        return hmac.digest(self._key, message, "sha256")[:_MAC_BYTES]


def read_page(
    session: Session, statement: Select[*Columns], limit: int, cursor_of: Callable[[Row[*Columns]], str]
) -> tuple[list[Row[*Columns]], str | None]:
    """The statement's first `limit` rows and the cursor after them, None if there are no more."""
    # One more than is shown tells whether there is a next page, without counting.
    rows = list(session.execute(statement.limit(limit + 1)))
    page = rows[:limit]
    return page, cursor_of(page[-1]) if len(rows) > limit else None


def read_newest(
    session: Session,
    statement: Select[*Columns],
    key: InstrumentedAttribute[int],
    *,
    codec: CursorCodec,
    query: str,
    limit: int,
    cursor: str | None,
) -> tuple[list[Row[*Columns]], str | None]:
    """A page of rows by a number that grows, largest first; the statement's first column is the row that has it.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    if cursor is not None:
        _, last = codec.decode(query, cursor)
        statement = statement.where(key < last)
    ordered = statement.order_by(key.desc())
    return read_page(session, ordered, limit, lambda row: codec.encode(query, "", getattr(next(iter(row)), key.key)))


def _refused() -> Problem:
    message = "is not a cursor of this list: ask again without it, with the same filters for each page"
    return Problem(422, message, kind="invalid-cursor", errors=[FieldError(field="cursor", message=message)])


# What lists show: the hash of an address and the idempotency key stay in the database.
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
    Review.model_digest,
    Review.demo,
)


@dataclass(frozen=True)
class ListedReview:
    """A review with the name of its brand."""

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
    statement = statement.where(Brand.listed)
    if filters.brand is not None:
        statement = statement.where(Review.brand_slug == filters.brand)
    if filters.term is not None:
        said = exists().where(
            ReviewTerm.review_id == Review.id, ReviewTerm.term == filters.term, ReviewTerm.brand_slug == filters.brand
        )
        statement = statement.where(said)
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


@dataclass(frozen=True)
class ListedScrapedReview:
    """A scraped review with the name of its brand."""

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
    statement = _filtered_scraped(filters)
    position = (ScrapedReview.reviewed_at, ScrapedReview.id)
    if cursor is not None:
        reviewed_at, row_id = codec.decode(query, cursor)
        statement = statement.where(tuple_(*position) < (dt.datetime.fromisoformat(str(reviewed_at)), row_id))
    statement = statement.order_by(*(column.desc() for column in position))
    rows, following = read_page(
        session, statement, limit, lambda row: codec.encode(query, row[0].reviewed_at.isoformat(), row[0].id)
    )
    return [ListedScrapedReview(review, name) for review, name in rows], following


def _filtered_scraped(filters: ScrapedReviewFilters) -> Select[ScrapedReview, str]:
    statement = select(ScrapedReview, Brand.name).join(Brand, Brand.slug == ScrapedReview.brand_slug)
    statement = statement.where(Brand.listed)
    if filters.brand is not None:
        statement = statement.where(ScrapedReview.brand_slug == filters.brand)
    if filters.stars is not None:
        statement = statement.where(ScrapedReview.stars == filters.stars)
    if filters.source is not None:
        statement = statement.where(ScrapedReview.source == filters.source)
    return statement


def list_runs(
    session: Session, codec: CursorCodec, *, kind: RunKind | None, limit: int, cursor: str | None
) -> tuple[list[ScrapeRun], str | None]:
    """One page, last started first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    query = json.dumps(["scrape-runs", kind])
    statement = select(ScrapeRun)
    if kind is not None:
        statement = statement.where(ScrapeRun.kind == kind)
    rows, following = read_newest(
        session, statement, ScrapeRun.id, codec=codec, query=query, limit=limit, cursor=cursor
    )
    return [run for (run,) in rows], following
