"""The tables that the scraping's role may use, with the columns that it may use. Their schema is the review API's."""

from __future__ import annotations

from sqlalchemy import column, table
from sqlalchemy.dialects.postgresql import JSONB

brand = table("brand", *map(column, ("id", "slug", "domain", "name", "website", "sector", "origin")))

_COMPANY = ("source", "company", "brand_slug", "name", "website", "logo", "source_url", "read_at", "parser")
brand_source = table("brand_source", *(column(name) for name in _COMPANY))

_REVIEW = (
    *("brand_slug", "source", "source_review_id", "text", "title", "stars", "reviewed_at", "language", "country"),
    *("verified", "reply", "source_url", "read_at", "parser", "xmax"),
)
scraped_review = table("scraped_review", *(column(name) for name in _REVIEW))

_RUN = (
    *("run_id", "kind", "started_at", "ended_at", "outcome", "exit_code"),
    *("pages", "items", "new_items", "changed_items", "duplicates"),
)
scrape_run = table(
    "scrape_run",
    *(column(name) for name in _RUN),
    column("rejected", JSONB),
    column("errors", JSONB),
)


def at_most(text: str, length: int) -> str:
    """A text that fits its column, with an ellipsis where it was cut."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
