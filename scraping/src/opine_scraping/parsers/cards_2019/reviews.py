"""A company's reviews in the markup of 2019: one card after the other, never two lists side by side.

The system of 2019 zipped the page's texts with its stars; after a card without text, all labels were wrong.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.parsers.cards_2019.anonymous import render
from opine_scraping.parsers.cards_2019.cards import read_card
from opine_scraping.parsers.page import SOURCE, Counts, ListRead, Page, ParseError
from opine_scraping.parsers.text import company_of, first, has_class, page_number, text_of, web_address
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PER_PAGE = 20
"""The page does not say it."""

_NAME = f"//span[{has_class('multi-size-header__big')}]"
_WEBSITE = f"//a[{has_class('badge-card__section--hoverable')}]/@href"
_LOGO = f"//img[{has_class('business-unit-profile-summary__image')}]/@src"
_CARDS = f"//article[{has_class('review')}]"
_TOTAL = f"//*[{has_class('headline__review-count')}]"
_NEXT = "//a[@data-page-number='next-page']/@href"


class Cards2019Reviews:
    name = "cards-2019/1"

    def recognises(self, page: Page) -> bool:
        return first(page.tree, _NAME) is not None and bool(page.tree.xpath(f"{_CARDS} | {_TOTAL}"))

    def parse(self, page: Page) -> ListRead:
        company = self._company(page)
        cards = enumerate(page.tree.xpath(_CARDS), start=1)
        return ListRead.of(
            self.name,
            (self._review(page, company.company, number, element) for number, element in cards),
            counts=_counts(page),
            next_url=page.next_url(_NEXT),
            company=company,
        )

    def without_names(self, page: Page) -> str:
        return render(self.parse(page))

    def _company(self, page: Page) -> CompanyItem:
        company = company_of(page.url)
        name = text_of(page.tree.xpath(_NAME)[0])
        if not company or not name:
            raise ParseError(Reason.UNKNOWN_MARKUP, "the page names no company")
        return CompanyItem(
            source=SOURCE,
            company=company,
            name=name,
            website=web_address(_attribute(page.tree, _WEBSITE)),
            logo=web_address(_attribute(page.tree, _LOGO)),
            source_url=page.url,
            read_at=page.read_at,
            parser=self.name,
        )

    def _review(self, page: Page, company: str, number: int, element: HtmlElement) -> ReviewItem | Fault:
        card = read_card(element, company)
        if isinstance(card, Fault):
            return Fault(card.reason, f"card {number}: {card.detail}")
        return ReviewItem(
            source=SOURCE,
            source_review_id=card.id,
            company=company,
            text=card.text,
            title=card.title,
            stars=card.stars,
            reviewed_at=card.reviewed_at,
            country=card.country,
            verified=card.verified,
            reply=card.reply,
            source_url=page.url,
            read_at=page.read_at,
            parser=self.name,
        )


def _attribute(tree: HtmlElement, path: str) -> str | None:
    found = tree.xpath(path)
    return str(found[0]) if found else None


def _counts(page: Page) -> Counts:
    shown = first(page.tree, _TOTAL)
    # Thousands are separated by the language's own sign.
    digits = "" if shown is None else re.sub(r"\D", "", text_of(shown))
    total = int(digits) if digits else None
    return Counts(
        total=total,
        per_page=PER_PAGE,
        page=page_number(page.url),
        total_pages=None if total is None else math.ceil(total / PER_PAGE),
    )
