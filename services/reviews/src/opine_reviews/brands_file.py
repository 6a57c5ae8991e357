"""The shipped list of brands."""

import csv
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from opine_common.text import StorableText
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.models import Brand, BrandSource
from opine_reviews.schemas.requests import BrandSlug

COLUMNS = ["slug", "name", "website", "sector"]


class BrandRow(BaseModel):
    """A line of the list."""

    model_config = ConfigDict(extra="forbid")

    slug: BrandSlug
    name: StorableText = Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")
    website: str = Field(max_length=300, pattern=r"^https?://[A-Za-z0-9.-]+\.[a-z]{2,}(/\S*)?$")
    sector: StorableText = Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")


class BrandsFileError(ValueError):
    """The file is not as it must be; the message names the line."""


def read_brands(path: Path | None = None) -> list[BrandRow]:
    """Read a brand list, by default the shipped one.

    Raises:
        BrandsFileError: a file that cannot be read, a wrong header or row, a slug that comes twice, or no brand.
    """
    try:
        text = (files("opine_reviews") / "brands.csv").read_text("utf-8") if path is None else path.read_text("utf-8")
    except OSError as error:
        raise BrandsFileError(f"the list cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise BrandsFileError(f"the list is not UTF-8: {error.reason} at byte {error.start}") from error
    rows = list(_rows(text.splitlines()))
    if not rows:
        raise BrandsFileError("line 2: there is no brand in the list")
    return rows


def upsert_brands(session: Session, rows: Sequence[BrandRow]) -> None:
    """Add new brands and update changed ones; brands that are not in the list stay.

    A brand that was read elsewhere before the list named it is the one with the same domain. It keeps its slug, which
    its reviews refer to.
    """
    statement = insert(Brand)
    new = statement.excluded
    # A row that is the same is not written: a seed at every start would otherwise rewrite the table.
    changed = (Brand.name != new.name) | (Brand.origin != new.origin) | Brand.website.is_distinct_from(new.website)
    scraped = _scraped_slugs(session, rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Brand.slug],
            set_={"name": new.name, "website": new.website, "sector": new.sector, "origin": new.origin},
            where=changed | Brand.sector.is_distinct_from(new.sector),
        ),
        [{**row.model_dump(), "slug": scraped.get(row.slug, row.slug), "origin": "list"} for row in rows],
    )


def _scraped_slugs(session: Session, rows: Sequence[BrandRow]) -> dict[str, str]:
    """The slugs under which brands of the list are already known, by that in the list."""
    listed = {domain: row.slug for row in rows if (domain := _domain(row.website)) is not None}
    known = set(session.scalars(select(Brand.slug).where(Brand.slug.in_(listed.values()))))
    # Also those that an earlier list has already taken over.
    taken = select(BrandSource.brand_slug).where(BrandSource.brand_slug == Brand.slug).exists()
    found = session.execute(select(Brand.domain, Brand.slug).where(Brand.domain.in_(listed), taken).order_by(Brand.id))
    return {listed[domain]: slug for domain, slug in found if domain is not None and listed[domain] not in known}


def _domain(website: str) -> str | None:
    """As the column `domain` has it."""
    parts = urlsplit(website)
    return None if parts.path.strip("/") else (parts.hostname or "").removeprefix("www.")


def _rows(lines: list[str]) -> Iterator[BrandRow]:
    reader = csv.DictReader(lines, strict=True)
    if reader.fieldnames != COLUMNS:
        raise BrandsFileError(f"line 1: the header must be {','.join(COLUMNS)}")
    seen: set[str] = set()
    try:
        for raw in reader:
            row = _row(raw, reader.line_num)
            if row.slug in seen:
                raise BrandsFileError(f"line {reader.line_num}: the slug {row.slug} comes twice")
            seen.add(row.slug)
            yield row
    except csv.Error as error:
        # DictReader counts only the lines that it got.
        raise BrandsFileError(f"line {reader.reader.line_num}: {error}") from error


def _row(raw: dict[str, str], line: int) -> BrandRow:
    if None in raw or None in raw.values():
        raise BrandsFileError(f"line {line}: must have {len(COLUMNS)} cells")
    try:
        return BrandRow.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise BrandsFileError(f"line {line}: {first['loc'][0]}: {first['msg']}") from error
