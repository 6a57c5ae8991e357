"""Today's pages, which are made from a JSON that they carry: a company's reviews, listings, the index of categories.

The index, and a listing's place in its page, are taken from other scrapers' code, not from a saved page.
"""

from __future__ import annotations

import html
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.items import CompanyItem, NonEmpty, ReviewItem
from opine_scraping.parsers.page import (
    SOURCE,
    Counts,
    ListRead,
    SubCategory,
    page_number,
    read_company,
    read_entry,
    text_of,
    web_address,
    where,
)
from opine_scraping.redaction import PLACEHOLDER, find_names, redact_reply, redact_review

if TYPE_CHECKING:
    from opine_scraping.parsers.page import Page

_NEXT_LINK = "//a[@name='pagination-button-next']/@href"
# More than any site has.
_MOST = 10**9
_CATEGORY_HEADING = "starts-with(@class, 'styles_headingLink__')"
_CATEGORY_LINKS = "//a[starts-with(@href, '/categories/')]"


class _Read(BaseModel):
    """A part of the page's JSON, under its names there. What is not read here may be anything."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True
    )


class BusinessUnit(_Read):
    """The company whose reviews a page shows. What else it says of it is looked at one by one."""

    identifying_name: NonEmpty
    display_name: object = None
    website_url: object = None
    profile_image_url: object = None
    breadcrumb: object = None


class Verification(_Read):
    is_verified: bool | None = None


class Labels(_Read):
    verification: Verification | None = None


class Dates(_Read):
    published_date: AwareDatetime


class Consumer(_Read):
    display_name: str = ""
    country_code: str | None = None


class Reply(_Read):
    message: str


class ReviewData(_Read):
    """A review, and who wrote it."""

    id: NonEmpty
    # Strict: true would be one star, and "5" would mean that the markup has changed.
    rating: Annotated[int, Field(ge=1, le=5, strict=True)]
    title: str | None = None
    text: str | None = None
    labels: Labels | None = None
    dates: Dates
    consumer: Consumer | None = None
    reply: Reply | None = None
    language: str | None = None


class PaginationData(_Read):
    current_page: int = Field(ge=1, le=_MOST)
    per_page: int = Field(ge=1, le=_MOST)
    total_count: int = Field(ge=0, le=_MOST)
    total_pages: int = Field(ge=0, le=_MOST)


class Filters(_Read):
    pagination: PaginationData


class Contact(_Read):
    website: str | None = None


class Business(_Read):
    """A company in a listing."""

    identifying_name: NonEmpty
    display_name: NonEmpty
    logo_url: str | None = None
    contact: Contact | None = None


class NextDataReviews:
    """A company's reviews, from the JSON of its page."""

    name = "next-data/1"

    def recognises(self, page: Page) -> bool:
        return _has_script(page) and {"businessUnit", "reviews"} <= _page_props(page).keys()

    def parse(self, page: Page) -> ListRead:
        unit, entries = _unit(page), _entries_of(page)
        counts, issues = _counts(page)
        company, of_company = self._company(page, unit)
        if counts.page == 1:
            issues = [*issues, *of_company]
        return ListRead.of(
            self.name,
            (
                read_entry(f"review {number}", partial(self._review, page, unit, number, entry))
                for number, entry in enumerate(entries, start=1)
            ),
            counts=counts,
            next_url=page.next_url(_NEXT_LINK),
            company=company,
            page_issues=issues,
            always_filled=("text", "title", "reviewer", "language", "country", "verified"),
        )

    def redact(self, page: Page) -> str:
        reviews = [_redact(ReviewData.model_validate(entry), entry) for entry in _entries_of(page)]
        company, _ = self._company(page, _unit(page))
        props = {
            "businessUnit": {
                "identifyingName": company.company,
                "displayName": company.name,
                "websiteUrl": company.website,
                "profileImageUrl": company.logo,
                "breadcrumb": {
                    "topLevelDisplayName": company.category,
                    "bottomLevelDisplayName": company.sub_category,
                },
            },
            "filters": _page_props(page)["filters"],
            "reviews": [review.model_dump(mode="json", by_alias=True) for review in reviews],
        }
        # A text may hold `</script>`, which would end the element.
        data = json.dumps({"props": {"pageProps": props}}).replace("</", "<\\/")
        links = "".join(
            f'<a name="pagination-button-next" href="{html.escape(link)}"></a>' for link in page.tree.xpath(_NEXT_LINK)
        )
        return f'<html><body>{links}<script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'

    def _company(self, page: Page, unit: BusinessUnit) -> tuple[CompanyItem, list[ParseIssue]]:
        trail = unit.breadcrumb if isinstance(unit.breadcrumb, dict) else {}
        return read_company(
            page,
            self.name,
            company=unit.identifying_name,
            name=unit.display_name,
            website=unit.website_url,
            logo=unit.profile_image_url,
            category=trail.get("topLevelDisplayName"),
            sub_category=trail.get("bottomLevelDisplayName"),
        )

    def _review(self, page: Page, unit: BusinessUnit, number: int, entry: object) -> ReviewItem | ParseIssue:
        try:
            named = ReviewData.model_validate(entry)
        except ValidationError as error:
            stars = any(each["loc"][:1] == ("rating",) for each in error.errors(include_input=False))
            return ParseIssue(Reason.NO_STARS if stars else Reason.BAD_CARD, f"review {number}: {where(error)}")
        review = _redact(named, entry)
        verification = review.labels.verification if review.labels else None
        return ReviewItem(
            source=SOURCE,
            source_review_id=review.id,
            company=unit.identifying_name,
            text=(review.text or "").strip(),
            title=(review.title or "").strip() or None,
            stars=review.rating,
            reviewed_at=review.dates.published_date,
            language=review.language,
            country=review.consumer.country_code if review.consumer else None,
            verified=verification.is_verified if verification else None,
            reply=review.reply.message.strip() if review.reply else None,
            source_url=page.url,
            read_at=page.read_at,
            parser=self.name,
            shows_reviewer=bool(named.consumer and named.consumer.display_name.strip()),
        )


def _unit(page: Page) -> BusinessUnit:
    try:
        return BusinessUnit.model_validate(_page_props(page).get("businessUnit"))
    except ValidationError as error:
        raise ParseError(Reason.UNKNOWN_MARKUP, f"pageProps.businessUnit: {where(error)}") from error


def _entries_of(page: Page) -> list[Any]:
    entries = _page_props(page).get("reviews")
    if not isinstance(entries, list):
        raise ParseError(Reason.UNKNOWN_MARKUP, "pageProps.reviews is no list")
    return entries


def _counts(page: Page) -> tuple[Counts, list[ParseIssue]]:
    """What the page says of its list; where that makes no sense the reviews count all the same."""
    try:
        said = Filters.model_validate(_page_props(page).get("filters")).pagination
    except ValidationError as error:
        issue = ParseIssue(Reason.UNKNOWN_MARKUP, f"pageProps.filters: {where(error)}")
        return Counts(page=page_number(page.url)), [issue]
    counts = Counts(
        total=said.total_count, per_page=said.per_page, page=said.current_page, total_pages=said.total_pages
    )
    return counts, []


def _redact(review: ReviewData, entry: object) -> ReviewData:
    """Without the reviewer's name, wherever it stands; doing it again changes nothing."""
    name = review.consumer.display_name.strip() if review.consumer else ""
    names = [name] if name else sorted(find_names(entry), key=len, reverse=True)
    country = review.consumer.country_code if review.consumer else None
    # The place of the name stays, so that a cached page shows that it had one.
    changes: dict[str, Any] = {"consumer": Consumer(display_name=PLACEHOLDER if name else "", country_code=country)}
    if review.reply:
        changes["reply"] = Reply(message=redact_reply(review.reply.message, *names))
    for field in ("title", "text"):
        if value := getattr(review, field):
            changes[field] = redact_review(value, *names)
    return review.model_copy(update=changes)


class NextDataListing:
    """A sub-category's companies, from the JSON of its page."""

    name = "next-data-listing/1"

    def recognises(self, page: Page) -> bool:
        return _has_script(page) and "businessUnits" in _page_props(page)

    def filled(self, page: Page) -> bool:
        return self.recognises(page)

    def parse(self, page: Page) -> ListRead:
        entries, total_pages = _entries(_page_props(page)["businessUnits"])
        number = page_number(page.url)
        more = total_pages is not None and number < total_pages
        return ListRead.of(
            self.name,
            (
                read_entry(f"company {position}", partial(self._company, page, position, entry))
                for position, entry in enumerate(entries, start=1)
            ),
            counts=Counts(page=number, total_pages=total_pages),
            next_url=_page_url(page.url, number + 1) if more else None,
        )

    def _company(self, page: Page, position: int, entry: object) -> CompanyItem | ParseIssue:
        try:
            business = Business.model_validate(entry)
        except ValidationError:
            return ParseIssue(Reason.BAD_CARD, f"company {position}: no identifyingName or displayName")
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
        return units["businesses"], pages if isinstance(pages, int) and 0 <= pages <= _MOST else None
    raise ParseError(Reason.UNKNOWN_MARKUP, "pageProps.businessUnits holds no businesses")


def _page_url(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"page": str(number)}
    return parts._replace(query=urlencode(query)).geturl()


class NextDataCategories:
    """The index of categories, from the links of its page."""

    name = "next-data-categories/1"

    def recognises(self, page: Page) -> bool:
        return _has_script(page) and bool(page.tree.xpath(f"{_CATEGORY_LINKS}[{_CATEGORY_HEADING}]"))

    def parse(self, page: Page) -> tuple[SubCategory | ParseIssue, ...]:
        found: list[SubCategory | ParseIssue] = []
        category = None
        for link in page.tree.xpath(_CATEGORY_LINKS):
            if link.get("class", "").startswith("styles_headingLink__"):
                category = text_of(link)
            elif category:  # a link before the first heading is the menu's
                found.append(page.sub_category(category, link))
        if not found:
            raise ParseError(Reason.UNKNOWN_MARKUP, "no sub-category under any heading")
        return tuple(found)


def _has_script(page: Page) -> bool:
    return page.next_data is not None


def _page_props(page: Page) -> dict[str, Any]:
    """`props.pageProps`.

    Raises:
        ParseError: there is none, or it is no object.
    """
    match page.next_data:
        case {"props": {"pageProps": dict(found)}}:
            return found
    raise ParseError(Reason.UNKNOWN_MARKUP, "__NEXT_DATA__ has no props.pageProps")
