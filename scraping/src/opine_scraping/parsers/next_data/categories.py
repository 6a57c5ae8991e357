"""Today's index of categories: headings that link to a category, each followed by its sub-categories' links.

Taken from other scrapers' code, not from a saved page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_scraping.parsers.next_data.script import has_script
from opine_scraping.parsers.page import ParseError, SubCategory
from opine_scraping.parsers.text import text_of
from opine_scraping.reasons import Reason

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page

_HEADING = "starts-with(@class, 'styles_headingLink__')"
_LINKS = "//a[starts-with(@href, '/categories/')]"


class NextDataCategories:
    name = "next-data-categories/1"

    def recognises(self, page: Page) -> bool:
        return has_script(page) and bool(page.tree.xpath(f"{_LINKS}[{_HEADING}]"))

    def parse(self, page: Page) -> tuple[SubCategory, ...]:
        found: list[SubCategory] = []
        category = None
        for link in page.tree.xpath(_LINKS):
            if link.get("class", "").startswith("styles_headingLink__"):
                category = text_of(link)
            elif category:
                found.append(SubCategory(category, text_of(link), page.absolute(link.get("href"))))
        if not found:
            raise ParseError(Reason.UNKNOWN_MARKUP, "no sub-category under any heading")
        return tuple(found)
