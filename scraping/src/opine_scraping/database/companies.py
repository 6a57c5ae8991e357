"""Companies, and the brands that they are: kept, and listed for a crawl."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Boolean, Connection, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from opine_scraping.database.session import PATIENCE_S, Session
from opine_scraping.database.tables import at_most, brand, brand_source
from opine_scraping.items import CompanyItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# The columns' lengths, from the review API's schema.
_LONGEST_SLUG = 100
_LONGEST_BRAND_NAME = 100
_LONGEST_NAME = 300
_LONGEST_WEBSITE = 300
_LISTED_AT_ONCE = 1000  # a transaction each: one over all of them would hold back vacuum for the whole crawl
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def keep_company(connection: Connection, item: CompanyItem) -> tuple[bool, bool]:
    """Store a company; whether it is new, and whether it is known and changed.

    It becomes a brand here if its website is known: a list of companies may leave it out, and then the company's own
    page tells which brand it is.
    """
    statement = insert(brand_source).values(
        source=item.source,
        company=item.company,
        name=at_most(item.name, _LONGEST_NAME),
        website=website_of(item),
        logo=item.logo,
        source_url=item.source_url,
        read_at=item.read_at,
        parser=item.parser,
    )
    new = statement.excluded
    # What a list leaves out is not gone.
    changed = {name: func.coalesce(new[name], brand_source.c[name]) for name in ("name", "website", "logo")}
    differs = [brand_source.c[name].is_distinct_from(value) for name, value in changed.items()]
    upsert = statement.on_conflict_do_update(
        index_elements=["source", "company"],
        set_={**changed, **{name: new[name] for name in ("source_url", "read_at", "parser")}},
        where=(brand_source.c.read_at <= new.read_at) & (differs[0] | differs[1] | differs[2]),
    )
    # A row that was there keeps the number of the transaction that locked it; None: nothing differed.
    inserted = connection.scalar(upsert.returning(literal_column("xmax = 0", Boolean)))
    if item.website is not None:
        give_brand(connection, item)
    return inserted is True, inserted is False


def give_brand(connection: Connection, item: CompanyItem) -> str:
    """The slug of the company's brand, found or made if it has none yet."""
    # Once given it stays, whatever the website becomes: its reviews belong to that brand.
    this = (brand_source.c.source == item.source) & (brand_source.c.company == item.company)
    known: str | None = connection.scalar(select(brand_source.c.brand_slug).where(this))
    if known is not None:
        return known
    slug = _brand_of(connection, item)
    connection.execute(update(brand_source).where(this).values(brand_slug=slug))
    return slug


def known_companies(database_url: str, source: str, patience_s: float = PATIENCE_S) -> Iterator[CompanyItem]:
    """All companies of a source, by name, for a crawl to read.

    Raises:
        OutputError: PostgreSQL is away or refuses.
    """
    session = Session(database_url, patience_s, on_connect=lambda _connection: None)
    last = ""
    try:
        while page := session.transaction(partial(_companies_after, source=source, last=last)):
            yield from page
            last = page[-1].company
    finally:
        session.close()


def _companies_after(connection: Connection, source: str, last: str) -> list[CompanyItem]:
    after = select(brand_source).where(brand_source.c.source == source, brand_source.c.company > last)
    rows = connection.execute(after.order_by(brand_source.c.company).limit(_LISTED_AT_ONCE)).mappings()
    return [company_item(dict(row)) for row in rows]


def company_item(row: Mapping[str, Any]) -> CompanyItem:
    """The item that a row of brand_source was made of; its category is not kept.

    It is not checked again: an earlier version checked less, and its rows are to stop nothing.
    """
    return CompanyItem.model_construct(**{name: value for name, value in row.items() if name != "brand_slug"})


def domain_of(item: CompanyItem) -> str | None:
    """The host of the company's website without `www.`, as the column `brand.domain` has it; None for part of a site.

    Where a page names no website, the name in the source's addresses counts if it is a host.
    """
    address = item.website if item.website is not None else f"http://{item.company}"
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    whole_site = parts.scheme in {"http", "https"} and not parts.path.strip("/")
    return host if whole_site and _HOST.fullmatch(host) else None


def website_of(item: CompanyItem) -> str | None:
    """The website without what the source adds to its link."""
    if item.website is None:
        return None
    try:
        parts = urlsplit(item.website.strip())
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    website = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return website if len(website) <= _LONGEST_WEBSITE else None


def slugs_of(item: CompanyItem) -> tuple[str, str]:
    """The slug that the company's brand gets, and the one if another brand has that."""
    plain = unicodedata.normalize("NFKD", domain_of(item) or item.company).encode("ascii", "ignore").decode().lower()
    digest = hashlib.sha256(f"{item.source}\n{item.company}".encode("utf-8", "replace")).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[: _LONGEST_SLUG - len(digest) - 1].strip("-")
    return slug or f"{item.source}-{digest}", f"{slug or item.source}-{digest}"


def _brand_of(connection: Connection, item: CompanyItem) -> str:
    """The slug of the brand with this domain, or of a new one."""
    domain = domain_of(item)
    for slug in slugs_of(item):
        if domain is not None and (found := _brand_with(connection, domain)) is not None:
            return found
        added = insert(brand).values(
            slug=slug,
            name=at_most(item.name, _LONGEST_BRAND_NAME),
            website=website_of(item),
            sector=None if item.category is None else at_most(item.category, _LONGEST_BRAND_NAME),
            origin="scraped",
        )
        # Of two runs that add the same brand the second waits here, and then finds it.
        inserted = connection.scalar(added.on_conflict_do_nothing(index_elements=["slug"]).returning(brand.c.slug))
        if inserted is not None:
            return str(inserted)
    # Added by another run in between, under this company's very own slug.
    return slugs_of(item)[-1]


def _brand_with(connection: Connection, domain: str) -> str | None:
    first = select(brand.c.slug).where(brand.c.domain == domain).order_by(brand.c.id).limit(1)
    found: str | None = connection.scalar(first)
    return found
