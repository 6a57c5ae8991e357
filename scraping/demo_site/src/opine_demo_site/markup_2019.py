"""Pages as they were in 2019: cards by the server, lists of companies by a script."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opine_demo_site.catalogue import Company, Review

_WORDS = {1: "Bad", 2: "Poor", 3: "Average", 4: "Great", 5: "Excellent"}
# The lists were empty in the HTML: a scraper without a browser finds nobody.
_FILL = """
setTimeout(async () => {
  const data = await (await fetch(LIST)).json();
  const list = document.querySelector(".category-business-list");
  for (const company of data.companies) {
    const card = document.createElement("a");
    card.className = "category-business-card card";
    card.href = "/review/" + company.domain;
    const title = document.createElement("div");
    title.className = "business-card__title";
    title.textContent = company.name;
    card.append(title);
    list.append(card);
  }
  if (data.next) {
    const next = document.createElement("a");
    next.className = "button button--primary next-page";
    next.href = data.next;
    next.textContent = "Next page";
    document.body.append(next);
  }
}, DELAY);
"""


def categories_page(categories: Mapping[str, Mapping[str, str]]) -> str:
    """Args: categories: path by sub-category by category."""
    objects = "".join(
        f'<div class="category-object"><h3 class="sub-category__header">{escape(category)}</h3>'
        '<a class="sub-category-item sub-category-item--back" href="/categories">Back</a>'
        '<div class="sub-category-list">'
        + "".join(
            f'<div class="child-category"><a class="sub-category-item" href="{path}">{escape(name)}</a></div>'
            for name, path in sub_categories.items()
        )
        + "</div></div>"
        for category, sub_categories in categories.items()
    )
    return _document("Categories", objects)


def listing_page(name: str, list_url: str, delay_ms: int | None) -> str:
    """A list that a script fills after a while, or never."""
    script = "" if delay_ms is None else _FILL.replace("LIST", json.dumps(list_url)).replace("DELAY", str(delay_ms))
    body = f'<h1>{escape(name)}</h1><div class="category-business-list"></div><script>{script}</script>'
    return _document(name, body)


def reviews_page(
    company: Company, reviews: Sequence[Review], *, total: int, next_url: str | None, starless: int | None
) -> str:
    """Args: starless: position of a card without stars, from 0."""
    following = (
        f'<a class="button next-page" data-page-number="next-page" href="{escape(next_url)}">Next page</a>'
        if next_url
        else ""
    )
    cards = "".join(_card(review, stars=number != starless) for number, review in enumerate(reviews))
    return _document(
        f"{company.name} reviews",
        f'<h1 class="multi-size-header"><span class="multi-size-header__big">\n  {escape(company.name)}  \n</span></h1>'
        f'<img class="business-unit-profile-summary__image" src="//127.0.0.1/logos/{company.domain}.png" alt="">'
        f'<a class="badge-card__section badge-card__section--hoverable" href="https://{company.domain}/?utm_source=demo">site</a>'
        f'<span class="headline__review-count">{total:,}</span><div class="review-list">{cards}</div>{following}',
    )


def _card(review: Review, *, stars: bool) -> str:
    image = f'<img src="/stars-{review.stars}.svg" alt="{review.stars} stars: {_WORDS[review.stars]}">' if stars else ""
    dates = json.dumps({"publishedDate": review.published.isoformat(), "updatedDate": None, "reportedDate": None})
    verified = json.dumps({"isVerified": review.verified, "reviewSourceName": "Organic"})
    # As on the real pages: a line break within the text, white space around it, a comma in the total.
    sentences = escape(review.text).replace(". ", ".<br>", 1)
    text = f'<p class="review-content__text">\n {sentences} \n</p>' if review.text else ""
    reply = f'<div class="brand-company-reply__content">{escape(review.reply)}</div>' if review.reply else ""
    return (
        f'<div class="review-card"><article class="review" id="{review.id}">'
        '<aside class="review__consumer-information">'
        f'<div class="consumer-information__name">{escape(review.reviewer)}</div>'
        f'<div class="consumer-information__location"><span>{review.country}</span></div></aside>'
        '<section class="review__content"><div class="review-content"><div class="review-content__header">'
        f'<div class="star-rating star-rating--medium">{image}</div><div class="review-content-header__dates">'
        f'<script type="application/json" data-initial-state="review-dates">{dates}</script></div>'
        f'<script type="application/json">{verified}</script></div><div class="review-content__body">'
        f'<h2 class="review-content__title"><a class="link link--large link--dark" href="/reviews/{review.id}">'
        f"{escape(review.title)}</a></h2>{text}</div></div></section>{reply}</article></div>"
    )


def _document(title: str, body: str) -> str:
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return f'<!doctype html><html lang="en">{head}<body>{body}</body></html>'
