"""The pages of 2019: a company's reviews, listings that scripts fill, the index of categories.

Reviews are read one card after the other, never as two lists side by side: the system of 2019 zipped the page's texts
with its stars, and after a card without text all labels were wrong.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from opine_scraping.companies import company_in_url
from opine_scraping.issues import ParseError, ParseIssue, Reason
from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.parsers.page import (
    SOURCE,
    Counts,
    ListRead,
    SubCategory,
    first,
    has_class,
    page_number,
    read_company,
    read_entry,
    stable_id,
    text_of,
)
from opine_scraping.redaction import PLACEHOLDER, looks_like_name, redact_reply, redact_review

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from opine_scraping.parsers.page import Page

PER_PAGE = 20
"""The page does not say it."""
# Of a total that a site can have.
_MOST_DIGITS = 9

_COMPANY_NAME = f"//span[{has_class('multi-size-header__big')}]"
_WEBSITE = f"//a[{has_class('badge-card__section--hoverable')}]/@href"
_LOGO = f"//img[{has_class('business-unit-profile-summary__image')}]/@src"
_REVIEW_CARDS = f"//article[{has_class('review')}]"
_TOTAL = f"//*[{has_class('headline__review-count')}]"
_NEXT_PAGE = "//a[@data-page-number='next-page']/@href"

_STARS = f".//div[{has_class('review-content__header')}]//div[{has_class('star-rating')}]//img"
_DATES = f".//*[{has_class('review-content-header__dates')}]//script"
_TITLE = f".//*[{has_class('review-content__title')}]"
_TEXT = f".//p[{has_class('review-content__text')}]"
_REPLY = f".//*[{has_class('brand-company-reply__content')}]"
_REVIEWER = f".//*[{has_class('consumer-information__name')}]"
_COUNTRY = f".//*[{has_class('consumer-information__location')}]//span"
_JSON = ".//script[@type='application/json']"

_LISTED = f"//a[{has_class('category-business-card')}]"
_LISTING_NEXT = f"//a[{has_class('next-page')}]/@href"
_LISTED_NAME = f".//*[{has_class('category-business-card__header')} or {has_class('business-card__title')}]"

_CATEGORY = f"//div[{has_class('category-object')}]"
_CATEGORY_NAME = f".//h3[{has_class('sub-category__header')}]"
# A link back to the category stands outside the list.
_CATEGORY_LINKS = f".//div[{has_class('sub-category-list')}]//a[{has_class('sub-category-item')}]"
# As the system of 2019 asked: any number of reviews, of any time, in any status. Without it lists are filtered.
_ALL_COMPANIES = "?numberofreviews=0&timeperiod=0&status=all"


class Cards2019Reviews:
    """A company's reviews, as cards with classes."""

    name = "cards-2019/1"

    def recognises(self, page: Page) -> bool:
        return first(page.tree, _COMPANY_NAME) is not None and bool(page.tree.xpath(f"{_REVIEW_CARDS} | {_TOTAL}"))

    def parse(self, page: Page) -> ListRead:
        company, issues = self._company(page)
        counts = _page_counts(page)
        shown = first(page.tree, _TOTAL)
        if counts.total is None and shown is not None and text_of(shown):
            issues.append(ParseIssue(Reason.UNKNOWN_MARKUP, "the number of reviews cannot be read"))
        return ListRead.of(
            self.name,
            (
                read_entry(f"card {number}", partial(read_card, card, number, company, page))
                for number, card in enumerate(page.tree.xpath(_REVIEW_CARDS), start=1)
            ),
            counts=counts,
            next_url=page.next_url(_NEXT_PAGE),
            company=company,
            page_issues=issues,
            always_filled=("text", "title", "reviewer", "country", "verified"),
        )

    def redact(self, page: Page) -> str:
        return _render(self.parse(page))

    def _company(self, page: Page) -> tuple[CompanyItem, list[ParseIssue]]:
        company = company_in_url(page.url)
        name = text_of(page.tree.xpath(_COMPANY_NAME)[0])
        if not company or not name:
            raise ParseError(Reason.UNKNOWN_MARKUP, "the page names no company")
        return read_company(
            page,
            self.name,
            company=company,
            name=name,
            website=_attribute(page.tree, _WEBSITE),
            logo=_attribute(page.tree, _LOGO),
        )


def _attribute(tree: HtmlElement, path: str) -> str | None:
    found = tree.xpath(path)
    return str(found[0]) if found else None


def _page_counts(page: Page) -> Counts:
    shown = first(page.tree, _TOTAL)
    # Thousands are separated by the language's own sign.
    digits = "" if shown is None else re.sub(r"\D", "", text_of(shown))
    total = int(digits) if 0 < len(digits) <= _MOST_DIGITS else None
    return Counts(
        total=total,
        per_page=PER_PAGE,
        page=page_number(page.url),
        total_pages=None if total is None else math.ceil(total / PER_PAGE),
    )


def read_card(card: HtmlElement, number: int, company: CompanyItem, page: Page) -> ReviewItem | ParseIssue:
    """A review; `number` says in an issue which card of the page it is."""
    stars = _card_stars(card)
    if stars is None:
        return ParseIssue(Reason.NO_STARS, f"card {number}: no star image with a number from 1 to 5")
    date = _card_date(card)
    if date is None:
        return ParseIssue(Reason.BAD_CARD, f"card {number}: no date")
    name = _card_text(card, _REVIEWER)
    names = [name] if name else _find_names(card)
    title = redact_review(_card_text(card, _TITLE) or "", *names) or None
    text = redact_review(_card_text(card, _TEXT) or "", *names)
    reply = _card_text(card, _REPLY)
    country = _card_text(card, _COUNTRY)
    return ReviewItem(
        source=SOURCE,
        source_review_id=_card_id(card) or stable_id(company.company, date.isoformat(), str(stars), title or "", text),
        company=company.company,
        text=text,
        title=title,
        stars=stars,
        reviewed_at=date,
        # Only a code: what else a card shows in this place may be anything, a name too.
        country=country if country and re.fullmatch("[A-Z]{2}", country) else None,
        verified=_card_verified(card),
        reply=redact_reply(reply, *names) if reply else None,
        source_url=page.url,
        read_at=page.read_at,
        parser=company.parser,
        shows_reviewer=name is not None,
    )


def _find_names(card: HtmlElement) -> list[str]:
    """What looks like a name and stands by itself: its usual place is empty."""
    shown = {" ".join(text.split()) for text in card.itertext()} | {str(value) for value in card.xpath(".//@*")}
    return sorted(filter(looks_like_name, shown), key=len, reverse=True)


def _card_text(card: HtmlElement, path: str) -> str | None:
    found = first(card, path)
    return None if found is None else text_of(found) or None


def _card_stars(card: HtmlElement) -> int | None:
    image = first(card, _STARS)
    if image is None:
        return None
    # The description begins with the number; without one the picture's name has it.
    number = re.match(r"[1-5]\b", image.get("alt", "")) or re.search(r"(?<=stars-)[1-5](?=\.)", image.get("src", ""))
    return int(number[0]) if number else None


def _card_id(card: HtmlElement) -> str | None:
    if card.get("id"):
        return str(card.get("id"))
    link = first(card, f"{_TITLE}//a[starts-with(@href, '/reviews/')]")
    return None if link is None else link.get("href").removeprefix("/reviews/").split("?")[0] or None


def _card_date(card: HtmlElement) -> dt.datetime | None:
    for script in card.xpath(_DATES):
        if found := re.search(r'"publishedDate"\s*:\s*"([^"]+)"|(\d{4}-\d{2}-\d{2})', script.text or ""):
            try:
                moment = dt.datetime.fromisoformat(found[1] or found[2])
            except ValueError:
                continue
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    return None


def _card_verified(card: HtmlElement) -> bool | None:
    for data in _card_json(card):
        if isinstance(data, dict) and isinstance(data.get("isVerified"), bool):
            return bool(data["isVerified"])
    return None


def _card_json(card: HtmlElement) -> Iterator[Any]:
    for script in card.xpath(_JSON):
        # The page's own components stand behind the object in the same script.
        try:
            yield json.JSONDecoder().raw_decode((script.text or "").lstrip())[0]
        except ValueError:
            continue


def _render(read: ListRead) -> str:
    cards = [_render_card(item) for item in read.items if isinstance(item, ReviewItem)]
    (company,) = [item for item in read.items if isinstance(item, CompanyItem)]
    total = "" if read.counts.total is None else f'<span class="headline__review-count">{read.counts.total}</span>'
    following = f'<a data-page-number="next-page" href="{escape(read.next_url)}"></a>' if read.next_url else ""
    return f"<html><body>{_render_header(company)}{total}{''.join(cards)}{following}</body></html>"


def _render_header(company: CompanyItem) -> str:
    logo, website = escape(company.logo or ""), escape(company.website or "")
    return (
        f'<span class="multi-size-header__big">{escape(company.name)}</span>'
        f'<img class="business-unit-profile-summary__image" src="{logo}">'
        f'<a class="badge-card__section--hoverable" href="{website}"></a>'
    )


def _render_card(review: ReviewItem) -> str:
    dates = json.dumps({"publishedDate": review.reviewed_at.isoformat()})
    # Only what `read_card` reads: a cached page must parse to the same and name nobody.
    verified = "" if review.verified is None else _render_script(json.dumps({"isVerified": review.verified}))
    return (
        f'<article class="review" id="{escape(review.source_review_id)}"><div class="review-content__header">'
        f'<div class="star-rating"><img alt="{review.stars} stars"></div>'
        f'<div class="review-content-header__dates">{_render_script(dates)}</div></div>{verified}'
        + _render_element("div", "consumer-information__name", PLACEHOLDER if review.shows_reviewer else None)
        + _render_element("div", "consumer-information__location", review.country, inner="span")
        + _render_element("h2", "review-content__title", review.title)
        + _render_element("p", "review-content__text", review.text or None)
        + _render_element("div", "brand-company-reply__content", review.reply)
        + "</article>"
    )


def _render_script(data: str) -> str:
    return f'<script type="application/json">{data}</script>'


def _render_element(tag: str, name: str, text: str | None, inner: str | None = None) -> str:
    if text is None:
        return ""
    words = f"<{inner}>{escape(text)}</{inner}>" if inner else escape(text)
    return f'<{tag} class="{name}">{words}</{tag}>'


class Cards2019Listing:
    """A sub-category's companies, which a script puts in."""

    name = "cards-2019-listing/1"

    def recognises(self, page: Page) -> bool:
        return self.filled(page)

    def filled(self, page: Page) -> bool:
        return bool(page.tree.xpath(_LISTED))

    def parse(self, page: Page) -> ListRead:
        return ListRead.of(
            self.name,
            (
                read_entry(f"company {number}", partial(self._company, page, number, card))
                for number, card in enumerate(page.tree.xpath(_LISTED), start=1)
            ),
            counts=Counts(page=page_number(page.url)),
            next_url=page.next_url(_LISTING_NEXT),
        )

    def _company(self, page: Page, number: int, card: HtmlElement) -> CompanyItem | ParseIssue:
        company = company_in_url(card.get("href", ""))
        if company is None:
            return ParseIssue(Reason.BAD_CARD, f"company {number}: no link to /review/")
        name = first(card, _LISTED_NAME)
        return CompanyItem(
            source=SOURCE,
            company=company,
            name=(text_of(name) if name is not None else "") or company,
            source_url=page.absolute(card.get("href")),
            read_at=page.read_at,
            parser=self.name,
        )


class Cards2019Categories:
    """The index of categories, with the links to their lists."""

    name = "cards-2019-categories/1"

    def recognises(self, page: Page) -> bool:
        return bool(page.tree.xpath(_CATEGORY))

    def parse(self, page: Page) -> tuple[SubCategory | ParseIssue, ...]:
        found: list[SubCategory | ParseIssue] = []
        for category in page.tree.xpath(_CATEGORY):
            heading = first(category, _CATEGORY_NAME)
            name = "" if heading is None else text_of(heading)
            if not name:
                raise ParseError(Reason.UNKNOWN_MARKUP, "a category without a name")
            found += [page.sub_category(name, link, _ALL_COMPANIES) for link in category.xpath(_CATEGORY_LINKS)]
        if not found:
            raise ParseError(Reason.UNKNOWN_MARKUP, "no sub-category in any category")
        return tuple(found)
