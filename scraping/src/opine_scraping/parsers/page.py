"""What a parser is given and what it gives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from lxml import html

from opine_scraping.items import CompanyItem, Item, ReviewItem
from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from lxml.html import HtmlElement

SOURCE = "trustpilot"


class ParseError(Exception):
    """Nothing of the page can be read."""

    def __init__(self, reason: Reason, detail: str, text: str | None = None) -> None:
        super().__init__(detail)
        self.fault = Fault(reason, detail)
        self.text = text
        """What there was of it, if it is not at hand where this is caught."""


class Page:
    def __init__(self, text: str, url: str, read_at: dt.datetime) -> None:
        self.text = text
        self.url = url
        self.read_at = read_at

    @cached_property
    def tree(self) -> HtmlElement:
        # lxml refuses an empty document and text that declares an encoding; bytes may be both.
        return html.document_fromstring(
            self.text.encode(errors="replace") or b"<html></html>", html.HTMLParser(encoding="utf-8")
        )

    @cached_property
    def next_data(self) -> object:
        """The embedded JSON of today's pages; None where there is none, or a damaged one."""
        found = self.tree.xpath("//script[@id='__NEXT_DATA__']/text()")
        try:
            return json.loads(found[0]) if found else None
        except ValueError:
            return None

    def absolute(self, link: str) -> str:
        """A link of this page.

        Raises:
            ParseError: it leads to another site.
        """
        url = urljoin(self.url, link)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise ParseError(Reason.FOREIGN_LINK, "the next link leads to another site")
        return url

    def next_url(self, path: str) -> str | None:
        """The first link that an XPath finds.

        Raises:
            ParseError: it leads to another site.
        """
        links = self.tree.xpath(path)
        return self.absolute(links[0]) if links else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the page says of its list, as far as it does."""

    total: int | None = None
    per_page: int | None = None
    page: int = 1
    total_pages: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """A page of a list of reviews or of companies."""

    parser: str
    items: tuple[Item, ...]
    """Companies before their reviews."""
    ids: tuple[str, ...]
    """Of the list's entries that could be read: review ids or company names."""
    faults: tuple[Fault, ...]
    """One for each entry that could not."""
    counts: Counts
    next_url: str | None

    @classmethod
    def of(
        cls,
        parser: str,
        entries: Iterable[Item | Fault],
        *,
        counts: Counts,
        next_url: str | None,
        company: CompanyItem | None = None,
    ) -> ListRead:
        """From the list's entries as they stand on the page; `company` is the one that all reviews are of."""
        read = tuple(entries)
        items = tuple(entry for entry in read if not isinstance(entry, Fault))
        return cls(
            parser=parser,
            items=items if company is None else (company, *items),
            ids=tuple(item.source_review_id if isinstance(item, ReviewItem) else item.company for item in items),
            faults=tuple(entry for entry in read if isinstance(entry, Fault)),
            counts=counts,
            next_url=next_url,
        )


@dataclass(frozen=True, slots=True)
class SubCategory:
    category: str
    name: str
    url: str


class Recogniser(Protocol):
    name: str
    """With its version, which grows when the same page would give another result."""

    def recognises(self, page: Page) -> bool: ...


class ReviewsParser(Recogniser, Protocol):
    def parse(self, page: Page) -> ListRead:
        """The page's company and reviews.

        Raises:
            ParseError: it is not the markup after all.
        """

    def without_names(self, page: Page) -> str:
        """A page that parses to the same result and names no reviewer."""


class ListingParser(Recogniser, Protocol):
    def parse(self, page: Page) -> ListRead:
        """The companies of one page of a sub-category.

        Raises:
            ParseError: it is not the markup after all.
        """

    def filled(self, page: Page) -> bool:
        """Whether scripts have put the list in."""


class CategoriesParser(Recogniser, Protocol):
    def parse(self, page: Page) -> tuple[SubCategory, ...]:
        """All sub-categories.

        Raises:
            ParseError: there are none.
        """


def in_sub_category(item: CompanyItem, sub_category: SubCategory) -> CompanyItem:
    return item.model_copy(update={"category": sub_category.category, "sub_category": sub_category.name})
