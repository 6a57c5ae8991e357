"""A sub-category's companies in today's embedded JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import ValidationError

from opine_scraping.items import CompanyItem
from opine_scraping.parsers.next_data.schema import Business
from opine_scraping.parsers.next_data.script import has_script, page_props
from opine_scraping.parsers.page import SOURCE, Counts, ListRead, ParseError
from opine_scraping.parsers.text import page_number, web_address
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page


class NextDataListing:
    name = "next-data-listing/1"

    def recognises(self, page: Page) -> bool:
        return has_script(page) and "businessUnits" in page_props(page)

    def filled(self, page: Page) -> bool:
        return self.recognises(page)

    def parse(self, page: Page) -> ListRead:
        entries, total_pages = _entries(page_props(page)["businessUnits"])
        number = page_number(page.url)
        more = total_pages is not None and number < total_pages
        return ListRead.of(
            self.name,
            (self._company(page, position, entry) for position, entry in enumerate(entries, start=1)),
            counts=Counts(page=number, total_pages=total_pages),
            next_url=_page_url(page.url, number + 1) if more else None,
        )

    def _company(self, page: Page, position: int, entry: object) -> CompanyItem | Fault:
        try:
            business = Business.model_validate(entry)
        except ValidationError:
            return Fault(Reason.BAD_CARD, f"company {position}: no identifyingName or displayName")
        return CompanyItem(
            source=SOURCE,
            company=business.identifying_name,
            name=business.display_name.strip() or business.identifying_name,
            website=web_address(business.contact.website if business.contact else None),
            logo=web_address(business.logo_url),
            source_url=page.absolute(f"/review/{quote(business.identifying_name)}"),
            read_at=page.read_at,
            parser=self.name,
        )


def _entries(units: object) -> tuple[list[Any], int | None]:
    """The businesses and the number of pages; some pages hold the bare list."""
    if isinstance(units, list):
        return units, None
    if isinstance(units, dict) and isinstance(units.get("businesses"), list):
        pages = units.get("totalPages")
        return units["businesses"], pages if isinstance(pages, int) else None
    raise ParseError(Reason.UNKNOWN_MARKUP, "pageProps.businessUnits holds no businesses")


def _page_url(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"page": str(number)}
    return parts._replace(query=urlencode(query)).geturl()
