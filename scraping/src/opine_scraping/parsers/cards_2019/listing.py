"""A sub-category's companies in the markup of 2019, where scripts fill the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_scraping.items import CompanyItem
from opine_scraping.parsers.page import SOURCE, Counts, ListRead
from opine_scraping.parsers.text import company_of, first, has_class, page_number, text_of
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from opine_scraping.parsers.page import Page

_CARD = f"//a[{has_class('category-business-card')}]"
_NEXT = f"//a[{has_class('next-page')}]/@href"
_NAME = f".//*[{has_class('category-business-card__header')} or {has_class('business-card__title')}]"


class Cards2019Listing:
    name = "cards-2019-listing/1"

    def recognises(self, page: Page) -> bool:
        return self.filled(page)

    def filled(self, page: Page) -> bool:
        return bool(page.tree.xpath(_CARD))

    def parse(self, page: Page) -> ListRead:
        return ListRead.of(
            self.name,
            (self._company(page, number, card) for number, card in enumerate(page.tree.xpath(_CARD), start=1)),
            counts=Counts(page=page_number(page.url)),
            next_url=page.next_url(_NEXT),
        )

    def _company(self, page: Page, number: int, card: HtmlElement) -> CompanyItem | Fault:
        company = company_of(card.get("href", ""))
        if company is None:
            return Fault(Reason.BAD_CARD, f"company {number}: no link to /review/")
        name = first(card, _NAME)
        return CompanyItem(
            source=SOURCE,
            company=company,
            name=(text_of(name) if name is not None else "") or company,
            source_url=page.absolute(card.get("href")),
            read_at=page.read_at,
            parser=self.name,
        )
