"""A company's reviews in today's embedded JSON."""

from __future__ import annotations

import html
import json
from typing import Any

from pydantic import ValidationError

from opine_scraping.items import CompanyItem, ReviewItem
from opine_scraping.names import out_of_reply, out_of_review
from opine_scraping.parsers.next_data.schema import BusinessUnit, Consumer, Filters, Reply, Review
from opine_scraping.parsers.next_data.script import has_script, page_props
from opine_scraping.parsers.page import SOURCE, Counts, ListRead, Page, ParseError
from opine_scraping.parsers.text import web_address
from opine_scraping.reasons import Fault, Reason

_NEXT = "//a[@name='pagination-button-next']/@href"


class NextDataReviews:
    name = "next-data/1"

    def recognises(self, page: Page) -> bool:
        return has_script(page) and {"businessUnit", "reviews"} <= page_props(page).keys()

    def parse(self, page: Page) -> ListRead:
        unit, entries, counts = _read(page)
        return ListRead.of(
            self.name,
            (self._review(page, unit, number, entry) for number, entry in enumerate(entries, start=1)),
            counts=counts,
            next_url=page.next_url(_NEXT),
            company=self._company(page, unit),
        )

    def without_names(self, page: Page) -> str:
        unit, entries, _ = _read(page)
        named = {
            "reviews": [
                _anonymous(review).model_dump(mode="json", by_alias=True)
                for review in map(Review.model_validate, entries)
            ]
        }
        props = {"businessUnit": unit.model_dump(by_alias=True), "filters": page_props(page)["filters"]} | named
        data = json.dumps({"props": {"pageProps": props}}).replace("</", "<\\/")
        links = "".join(
            f'<a name="pagination-button-next" href="{html.escape(link)}"></a>' for link in page.tree.xpath(_NEXT)
        )
        return f'<html><body>{links}<script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'

    def _company(self, page: Page, unit: BusinessUnit) -> CompanyItem:
        trail = unit.breadcrumb
        return CompanyItem(
            source=SOURCE,
            company=unit.identifying_name,
            name=unit.display_name.strip() or unit.identifying_name,
            website=web_address(unit.website_url),
            logo=web_address(unit.profile_image_url),
            category=trail.top_level_display_name if trail else None,
            sub_category=trail.bottom_level_display_name if trail else None,
            source_url=page.url,
            read_at=page.read_at,
            parser=self.name,
        )

    def _review(self, page: Page, unit: BusinessUnit, number: int, entry: object) -> ReviewItem | Fault:
        try:
            named = Review.model_validate(entry)
        except ValidationError as error:
            stars = any(fault["loc"][:1] == ("rating",) for fault in error.errors(include_input=False))
            return Fault(Reason.NO_STARS if stars else Reason.BAD_CARD, f"review {number}: {_where(error)}")
        review = _anonymous(named)
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
        )


def _read(page: Page) -> tuple[BusinessUnit, list[Any], Counts]:
    props = page_props(page)
    try:
        unit = BusinessUnit.model_validate(props.get("businessUnit"))
        said = Filters.model_validate(props.get("filters")).pagination
    except ValidationError as error:
        raise ParseError(Reason.UNKNOWN_MARKUP, f"pageProps: {_where(error)}") from error
    entries = props.get("reviews")
    if not isinstance(entries, list):
        raise ParseError(Reason.UNKNOWN_MARKUP, "pageProps.reviews is no list")
    counts = Counts(
        total=said.total_count, per_page=said.per_page, page=said.current_page, total_pages=said.total_pages
    )
    return unit, entries, counts


def _anonymous(review: Review) -> Review:
    """Without the reviewer's name; once that is gone, doing it again changes nothing."""
    name = review.consumer.display_name.strip() if review.consumer else ""
    country = review.consumer.country_code if review.consumer else None
    changes: dict[str, Any] = {"consumer": Consumer(country_code=country)}
    if review.reply:
        changes["reply"] = Reply(message=out_of_reply(review.reply.message, name))
    for field in ("title", "text"):
        if value := getattr(review, field):
            changes[field] = out_of_review(value, name)
    return review.model_copy(update=changes)


def _where(error: ValidationError) -> str:
    """Field names and faults, without the values."""
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:3])
