"""A page of 2019 written again from what was read of it, which holds no name."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from opine_scraping.items import CompanyItem, ReviewItem

if TYPE_CHECKING:
    from opine_scraping.parsers.page import ListRead


def render(read: ListRead) -> str:
    cards = [_card(item) for item in read.items if isinstance(item, ReviewItem)]
    (company,) = [item for item in read.items if isinstance(item, CompanyItem)]
    total = "" if read.counts.total is None else f'<span class="headline__review-count">{read.counts.total}</span>'
    following = f'<a data-page-number="next-page" href="{escape(read.next_url)}"></a>' if read.next_url else ""
    return f"<html><body>{_header(company)}{total}{''.join(cards)}{following}</body></html>"


def _header(company: CompanyItem) -> str:
    logo, website = escape(company.logo or ""), escape(company.website or "")
    return (
        f'<span class="multi-size-header__big">{escape(company.name)}</span>'
        f'<img class="business-unit-profile-summary__image" src="{logo}">'
        f'<a class="badge-card__section--hoverable" href="{website}"></a>'
    )


def _card(review: ReviewItem) -> str:
    dates = json.dumps({"publishedDate": review.reviewed_at.isoformat()})
    verified = "" if review.verified is None else _script(json.dumps({"isVerified": review.verified}))
    return (
        f'<article class="review" id="{escape(review.source_review_id)}"><div class="review-content__header">'
        f'<div class="star-rating"><img alt="{review.stars} stars"></div>'
        f'<div class="review-content-header__dates">{_script(dates)}</div></div>{verified}'
        + _element("div", "consumer-information__location", review.country, inner="span")
        + _element("h2", "review-content__title", review.title)
        + _element("p", "review-content__text", review.text or None)
        + _element("div", "brand-company-reply__content", review.reply)
        + "</article>"
    )


def _script(data: str) -> str:
    return f'<script type="application/json">{data}</script>'


def _element(tag: str, name: str, text: str | None, inner: str | None = None) -> str:
    if text is None:
        return ""
    words = f"<{inner}>{escape(text)}</{inner}>" if inner else escape(text)
    return f'<{tag} class="{name}">{words}</{tag}>'
