"""Reviews as CSV, in pieces."""

import csv
import io
from collections.abc import Iterable

from opine_reviews.listing import ListedReview

HEADER = (
    "id",
    "brand",
    "brand_name",
    "text",
    "stars",
    "suggested_stars",
    "score",
    "label",
    "model_name",
    "model_version",
    "created_at",
)

# A spreadsheet runs a cell that begins so, the full-width forms included; OWASP, "CSV Injection".
_RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  meant


def defuse(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run; it then shows the text as it is."""
    return "'" + text if text.lstrip(" ").startswith(_RUNNABLE) else text


def header_line() -> str:
    return _lines([HEADER])


def review_lines(rows: Iterable[ListedReview]) -> str:
    return _lines(_cells(row) for row in rows)


def _cells(row: ListedReview) -> tuple[str | int | float | None, ...]:
    review = row.review
    return (
        review.id,
        review.brand_slug,
        defuse(row.brand_name),
        defuse(review.text),
        review.stars,
        review.suggested_stars,
        review.score,
        review.label,
        review.model_name and defuse(review.model_name),
        review.model_version and defuse(review.model_version),
        review.created_at.isoformat().replace("+00:00", "Z"),
    )


def _lines(rows: Iterable[Iterable[str | float | None]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
