"""What a parser is given, what it gives, and small readings that all of them share."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urljoin, urlsplit

from pydantic import ValidationError

from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.items import CompanyItem, Item, ReviewItem
from opine_scraping.redaction import parse_document

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from lxml.html import HtmlElement

SOURCE = "trustpilot"
_MOST_ENTRIES = 5_000  # a page of endless entries would otherwise fill the memory
_BREAK = re.compile(r"\s+")


class Page:
    """A page's text, with where and when it was read."""

    def __init__(self, text: str, url: str, read_at: dt.datetime) -> None:
        self.text = text
        self.url = url
        self.read_at = read_at

    @cached_property
    def tree(self) -> HtmlElement:
        """The document as elements."""
        return parse_document(self.text)

    @cached_property
    def next_data(self) -> object:
        """The embedded JSON of today's pages; None where there is none, or a damaged one."""
        found = self.tree.xpath("//script[@id='__NEXT_DATA__']/text()")
        try:
            return json.loads(found[0]) if found else None
        except (ValueError, RecursionError):
            return None

    def absolute(self, link: str) -> str:
        """A link of this page.

        Raises:
            ParseError: it leads to another site.
        """
        # Scheme and host, not host alone: from https a link must not lead to http.
        try:
            url = urljoin(self.url, link)
            foreign = urlsplit(url)[:2] != urlsplit(self.url)[:2]
        except ValueError:
            foreign = True
        if foreign:
            raise ParseError(Reason.FOREIGN_LINK, "a link of the page leads to another site")
        return url

    def sub_category(self, category: str, link: HtmlElement, query: str = "") -> SubCategory | ParseIssue:
        """What a link of the index names; one that leads elsewhere costs itself."""
        try:
            return SubCategory(category, text_of(link), self.absolute(link.get("href", "")) + query)
        except ParseError as error:
            return ParseIssue(error.issue.reason, "a sub-category's link leads to another site")

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
    issues: tuple[ParseIssue, ...]
    """One for each entry that could not."""
    page_issues: tuple[ParseIssue, ...] = ()
    """Of the page around them."""
    counts: Counts
    next_url: str | None
    always_filled: tuple[str, ...] = ()
    """Fields of reviews that this markup always has, `reviewer` among them; where they are empty it has changed."""

    @classmethod
    def of(
        cls,
        parser: str,
        entries: Iterable[Item | ParseIssue],
        *,
        counts: Counts,
        next_url: str | None,
        company: CompanyItem | None = None,
        page_issues: Iterable[ParseIssue] = (),
        always_filled: tuple[str, ...] = (),
    ) -> ListRead:
        """From the list's entries as they stand on the page; `company` is the one that all reviews are of.

        Raises:
            ParseError: there are more than on any page.
        """
        read = tuple(islice(entries, _MOST_ENTRIES + 1))
        if len(read) > _MOST_ENTRIES:
            raise ParseError(Reason.UNKNOWN_MARKUP, f"more than {_MOST_ENTRIES:,} entries")
        items = tuple(entry for entry in read if not isinstance(entry, ParseIssue))
        return cls(
            parser=parser,
            items=items if company is None else (company, *items),
            ids=tuple(item.source_review_id if isinstance(item, ReviewItem) else item.company for item in items),
            issues=tuple(entry for entry in read if isinstance(entry, ParseIssue)),
            page_issues=tuple(page_issues),
            counts=counts,
            next_url=next_url,
            always_filled=always_filled,
        )


@dataclass(frozen=True, slots=True)
class SubCategory:
    """An entry of the index, and the address of its list of companies."""

    category: str
    name: str
    url: str


class Recogniser(Protocol):
    """What all parsers have: a name, and a look at the page that says whether it is theirs."""

    name: str
    """With its version, which grows when the same page would give another result."""

    def recognises(self, page: Page) -> bool:
        """Whether the page has this parser's markup."""
        ...


class ReviewsParser(Recogniser, Protocol):
    def parse(self, page: Page) -> ListRead:
        """The page's company and reviews.

        Raises:
            ParseError: it is not the markup after all.
        """

    def redact(self, page: Page) -> str:
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
    def parse(self, page: Page) -> tuple[SubCategory | ParseIssue, ...]:
        """All sub-categories.

        Raises:
            ParseError: there are none.
        """


def text_of(element: HtmlElement) -> str:
    """All its text nodes, trimmed and joined by a space, as `<br>` splits them."""
    return " ".join(part for node in element.itertext() if (part := _BREAK.sub(" ", node).strip()))


def first(element: HtmlElement, xpath: str) -> HtmlElement | None:
    """The first element that an XPath finds."""
    found = element.xpath(xpath)
    return found[0] if found else None


def has_class(name: str) -> str:
    """An XPath condition: the class is among the element's classes."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def web_address(link: object) -> str | None:
    """An http(s) address without query and fragment, where tracking parameters live; None for anything else."""
    if not isinstance(link, str):
        return None
    try:
        parts = urlsplit(f"https:{link}" if link.startswith("//") else link.strip())
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return parts._replace(query="", fragment="").geturl()


def stable_id(*parts: str) -> str:
    """For a card that shows no id: the same for the same words."""
    # With a separator that no part holds: "ab", "c" and "a", "bc" are different cards.
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def page_number(url: str) -> int:
    """`page` of the query; the first page's address has none."""
    number = parse_qs(urlsplit(url).query).get("page", ["1"])[0]
    # Bounded: a number of a thousand digits is no page, and takes Python long to read.
    return int(number) if re.fullmatch(r"\d{1,9}", number) else 1


def read_entry(label: str, read: Callable[[], Item | ParseIssue]) -> Item | ParseIssue:
    """One entry of a list; whatever its values do to the parser, only this entry is lost."""
    try:
        return read()
    except ValidationError as error:
        return ParseIssue(Reason.BAD_CARD, f"{label}: {where(error)}")
    except Exception as error:  # noqa: BLE001  values of any kind come from outside
        return ParseIssue(Reason.BAD_CARD, f"{label}: {type(error).__name__}")


# Without them a company is still one.
_DETAILS = frozenset({"name", "website", "logo", "category", "sub_category"})


def read_company(page: Page, parser: str, **said: object) -> tuple[CompanyItem, list[ParseIssue]]:
    """The company that a page is of, without what it says of it that cannot be.

    Raises:
        ValidationError: `company`, which identifies it, cannot be one.
    """
    addresses = {name: web_address(said[name]) for name in ("website", "logo") if name in said}
    about = {"source": SOURCE, "source_url": page.url, "read_at": page.read_at, "parser": parser}
    fields = said | addresses | about
    name = said.get("name")
    fields["name"] = (name.strip() or said["company"]) if isinstance(name, str) else name
    issues = [
        ParseIssue(Reason.BAD_CARD, f"company: {name} is no web address")
        for name, address in addresses.items()
        if said[name] and address is None
    ]
    try:
        return CompanyItem.model_validate(fields), issues
    except ValidationError as error:
        bad = {str(each["loc"][0]) for each in error.errors(include_input=False)}
        if not bad <= _DETAILS:
            raise
        issues.append(ParseIssue(Reason.BAD_CARD, f"company: {where(error)}"))
    without = {name: value for name, value in fields.items() if name not in bad}
    return CompanyItem.model_validate({"name": said["company"]} | without), issues


def where(error: ValidationError) -> str:
    """Field names and what is wrong, without the values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in found[:3])
