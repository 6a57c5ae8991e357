"""Lists of reviews: those written here, and those read on other sites with a link there."""

import re
from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.elements import icon, star_row
from opine_frontend.components.formatting import day, safe_website, site_name
from opine_frontend.reviews_api.schemas import Review, ScrapedReview

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def review_cards(reviews: Sequence[Review]) -> html.Ul:
    return html.Ul(
        [
            _card(review.stars, review.created_at, html.P(review.text, className="review-text"), *_correction(review))
            for review in reviews
        ],
        className="review-list",
    )


def scraped_cards(reviews: Sequence[ScrapedReview]) -> html.Ul:
    return html.Ul(
        [
            _card(
                review.stars,
                review.reviewed_at,
                *_text(review),
                *_reply(review),
                html.P(_source(review), className="review-source quiet small"),
            )
            for review in reviews
        ],
        className="review-list",
    )


def source_link(url: str) -> html.A | html.Span:
    """The site's name, which leads there if the address is one of the web."""
    safe = safe_website(url)
    if safe is None:
        return html.Span("another site")
    # Its owner is not ours to recommend: no credit for search engines.
    return html.A([site_name(safe), icon("out")], href=safe, target="_blank", rel="noopener nofollow")


def _card(stars: int, written_at: datetime, *content: Component) -> html.Li:
    head = [star_row(stars), html.Time(day(written_at), dateTime=written_at.isoformat())]
    return html.Li([html.Div(head, className="review-head"), *content], className="review-card")


def _correction(review: Review) -> list[html.P]:
    if review.prediction is None or review.prediction.stars == review.stars:
        return []
    return [html.P(f"Corrected: the words alone suggested {review.prediction.stars}", className="quiet small")]


def _text(review: ScrapedReview) -> list[Component]:
    language = review.language if review.language and _LANGUAGE.fullmatch(review.language) else None
    title = [html.P(review.title, className="review-title", lang=language)] if review.title else []
    text = [html.P(review.text, className="review-text", lang=language)] if review.text else []
    return [*title, *text] or [html.P("Stars only, without a text.", className="quiet")]


def _reply(review: ScrapedReview) -> list[Component]:
    if not review.reply:
        return []
    answered = html.P(f"{review.brand.name} answered", className="small review-answered")
    return [html.Blockquote([answered, html.P(review.reply, className="review-reply-text")], className="review-reply")]


def _source(review: ScrapedReview) -> list[Component]:
    verified = [html.Span("marked there as verified")] if review.verified else []
    return [html.Span(["Read on ", source_link(review.source_url)]), *verified]
