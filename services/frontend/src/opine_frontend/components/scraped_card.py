"""A review that was read on another site, with a way to it."""

import re

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.dom import icon
from opine_frontend.components.stars import star_row
from opine_frontend.components.wording import day
from opine_frontend.reviews_api.scraped_models import ScrapedReview
from opine_frontend.safe_url import safe_website, site_name

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def scraped_cards(reviews: list[ScrapedReview]) -> html.Ul:
    return html.Ul([_card(review) for review in reviews], className="review-list")


def source_link(url: str) -> html.A | html.Span:
    """The site's name, which leads there if the address is one of the web."""
    safe = safe_website(url)
    if safe is None:
        return html.Span("another site")
    # Its owner is not ours to recommend: no credit for search engines.
    return html.A([site_name(safe), icon("out")], href=safe, target="_blank", rel="noopener nofollow")


def _card(review: ScrapedReview) -> html.Li:
    return html.Li(
        [
            html.Div(
                [star_row(review.stars), html.Time(day(review.reviewed_at), dateTime=review.reviewed_at.isoformat())],
                className="review-head",
            ),
            *_words(review),
            *_reply(review),
            html.P(_source(review), className="review-source quiet small"),
        ],
        className="review-card",
    )


def _words(review: ScrapedReview) -> list[Component]:
    language = review.language if review.language and _LANGUAGE.fullmatch(review.language) else None
    title = [html.P(review.title, className="review-title", lang=language)] if review.title else []
    text = [html.P(review.text, className="review-text", lang=language)] if review.text else []
    return [*title, *text] or [html.P("Stars without words.", className="quiet")]


def _reply(review: ScrapedReview) -> list[Component]:
    if not review.reply:
        return []
    answered = html.P(f"{review.brand.name} answered", className="small review-answered")
    return [html.Blockquote([answered, html.P(review.reply, className="review-reply-text")], className="review-reply")]


def _source(review: ScrapedReview) -> list[Component | str]:
    verified: list[Component | str] = [html.Span("marked there as verified")] if review.verified else []
    return [html.Span(["Read on ", source_link(review.source_url)]), *verified]
