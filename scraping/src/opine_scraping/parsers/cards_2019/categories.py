"""The index of categories of 2019."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_scraping.parsers.page import ParseError, SubCategory
from opine_scraping.parsers.text import first, has_class, text_of
from opine_scraping.reasons import Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page

_CATEGORY = f"//div[{has_class('category-object')}]"
_NAME = f".//h3[{has_class('sub-category__header')}]"
# A link back to the category stands outside the list.
_LINKS = f".//div[{has_class('sub-category-list')}]//a[{has_class('sub-category-item')}]"
_ALL_COMPANIES = "?numberofreviews=0&timeperiod=0&status=all"


class Cards2019Categories:
    name = "cards-2019-categories/1"

    def recognises(self, page: Page) -> bool:
        return bool(page.tree.xpath(_CATEGORY))

    def parse(self, page: Page) -> tuple[SubCategory, ...]:
        found = []
        for category in page.tree.xpath(_CATEGORY):
            heading = first(category, _NAME)
            name = "" if heading is None else text_of(heading)
            if not name:
                raise ParseError(Reason.UNKNOWN_MARKUP, "a category without a name")
            found += [
                SubCategory(name, text_of(link), page.absolute(link.get("href", "")) + _ALL_COMPANIES)
                for link in category.xpath(_LINKS)
            ]
        if not found:
            raise ParseError(Reason.UNKNOWN_MARKUP, "no sub-category in any category")
        return tuple(found)
