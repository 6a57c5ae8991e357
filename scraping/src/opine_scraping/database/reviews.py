"""Reviews, each once; of two readings the newer one stays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Connection, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from opine_scraping.database.companies import company_item, give_brand
from opine_scraping.database.tables import brand_source, scraped_review
from opine_scraping.outputs import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_scraping.items import ReviewItem

# What a reading may change. The page that a review stands on is no content: it moves with every newer review.
_CONTENT = ("brand_slug", "text", "title", "stars", "reviewed_at", "language", "country", "verified", "reply")
_READING = ("source_url", "read_at", "parser")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many of a batch were new, and how many were known and are different now."""

    new: int = 0
    changed: int = 0


def keep_reviews(connection: Connection, items: Sequence[ReviewItem]) -> Kept:
    """Store reviews of companies that are stored.

    Raises:
        OutputError: a company is not there.
    """
    once = _newest_of_each(items)
    if not once:
        return Kept()
    slugs = _brands_of(connection, once)
    statement = insert(scraped_review).values([_row(item, slugs[item.source, item.company]) for item in once])
    new = statement.excluded
    differs = reduce(or_, (scraped_review.c[name].is_distinct_from(new[name]) for name in _CONTENT))
    upsert = statement.on_conflict_do_update(
        index_elements=["source", "source_review_id"],
        set_={name: new[name] for name in (*_CONTENT, *_READING)},
        where=(scraped_review.c.read_at <= new.read_at) & differs,
    )
    # A row that was there keeps the number of the transaction that locked it.
    inserted = connection.scalars(upsert.returning(literal_column("xmax = 0", Boolean))).all()
    return Kept(new=inserted.count(True), changed=inserted.count(False))


def _newest_of_each(items: Sequence[ReviewItem]) -> list[ReviewItem]:
    """In key order, so that two runs cannot wait for each other."""
    newest = {(item.source, item.source_review_id): item for item in sorted(items, key=lambda item: item.read_at)}
    return [newest[key] for key in sorted(newest)]


def _brands_of(connection: Connection, items: Sequence[ReviewItem]) -> dict[tuple[str, str], str]:
    wanted = {(item.source, item.company) for item in items}
    key = tuple_(brand_source.c.source, brand_source.c.company)
    found = list(connection.execute(select(brand_source).where(key.in_(wanted))).mappings())
    missing = wanted - {(row["source"], row["company"]) for row in found}
    if missing:
        raise OutputError(f"reviews of companies that were not read: {', '.join(sorted(name for _, name in missing))}")
    return {
        (row["source"], row["company"]): row["brand_slug"] or give_brand(connection, company_item(dict(row)))
        for row in found
    }


def _row(item: ReviewItem, brand_slug: str) -> dict[str, object]:
    return {
        "brand_slug": brand_slug,
        "source": item.source,
        "source_review_id": item.source_review_id,
        "text": item.text,
        "title": item.title,
        "stars": item.stars,
        "reviewed_at": item.reviewed_at,
        "language": item.language,
        "country": item.country,
        "verified": item.verified,
        "reply": item.reply,
        "source_url": item.source_url,
        "read_at": item.read_at,
        "parser": item.parser,
    }
