"""The companies that were found so far, for a crawl to read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from opine_scraping.database.companies import company_of
from opine_scraping.database.output import PATIENCE_S
from opine_scraping.database.session import Session
from opine_scraping.database.tables import brand_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opine_scraping.items import CompanyItem

_PAGE = 1000


class DatabaseCompanies:
    """All companies of a source in the database, by name."""

    def __init__(self, database_url: str, source: str, patience_s: float = PATIENCE_S) -> None:
        self._source = source
        self._session = Session(database_url, patience_s, on_connect=lambda _connection: None)

    def companies(self) -> Iterator[CompanyItem]:
        """Raises OutputError where PostgreSQL is away or refuses."""
        last = ""
        try:
            while page := self._session.transaction(partial(_page_after, source=self._source, last=last)):
                yield from page
                last = page[-1].company
        finally:
            self._session.close()


def _page_after(connection: Connection, source: str, last: str) -> list[CompanyItem]:
    after = select(brand_source).where(brand_source.c.source == source, brand_source.c.company > last)
    rows = connection.execute(after.order_by(brand_source.c.company).limit(_PAGE)).mappings()
    return [company_of(dict(row)) for row in rows]
