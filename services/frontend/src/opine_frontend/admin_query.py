"""The admin page's filters: from a browser, so anything may be in them."""

from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlencode

from opine_frontend.reviews_api.models import Label, StarCount
from opine_frontend.reviews_api.queries import Order, ReviewQuery, SortField

PAGE_SIZE = 20
_SORTS: tuple[SortField, ...] = get_args(SortField)
_ORDERS: tuple[Order, ...] = get_args(Order)
_LABELS: tuple[str, ...] = get_args(Label)
_STARS: tuple[str, ...] = get_args(StarCount)


def review_query(fields: Mapping[str, object]) -> ReviewQuery:
    """Keep what the API knows and drop the rest."""
    sort, order = _text(fields, "sort"), _text(fields, "order")
    label, stars = _text(fields, "label"), _text(fields, "stars")
    return ReviewQuery(
        brand=_text(fields, "brand"),
        q=_text(fields, "q"),
        label=label if label in _LABELS else "",
        stars=stars if stars in _STARS else "",
        sort=next((known for known in _SORTS if known == sort), "created_at"),
        order=next((known for known in _ORDERS if known == order), "desc"),
        cursor=_text(fields, "cursor"),
        limit=PAGE_SIZE,
    )


def export_path(query: ReviewQuery) -> str:
    return f"/admin/reviews.csv?{urlencode(query.filters())}"


def toggled(query: Mapping[str, object], column: str) -> dict[str, object]:
    """The filters after a click on a column's heading: its other order, or this column with the largest first."""
    current = review_query(query)
    order = "asc" if current.sort == column and current.order == "desc" else "desc"
    return {**query, "sort": column, "order": order, "cursors": []}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
