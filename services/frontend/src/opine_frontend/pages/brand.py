"""One brand: its numbers, the reviews written here, and apart from them those of other sites."""

import re
from collections.abc import Sequence
from datetime import datetime

from dash import MATCH, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.components.elements import (
    STARS,
    aria,
    demo_tag,
    empty_state,
    icon,
    monogram,
    star_row,
    visually_hidden,
)
from opine_frontend.components.formatting import average, counted, day, percent, safe_website, site_name
from opine_frontend.components.pagination import paged_list, register_paging
from opine_frontend.components.trend import trend
from opine_frontend.reviews_api.client import ReviewsApi, client_headers
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import (
    Brand,
    Page,
    Review,
    ReviewQuery,
    ScrapedCount,
    ScrapedReview,
    ScrapedReviewQuery,
    Summary,
)
from opine_frontend.routing import review_path
from opine_frontend.user_messages import page_error

PAGE_SIZE = 8

# They begin the ids of the two lists.
_REVIEWS = "reviews"
_ELSEWHERE = "elsewhere"

# A value of `lang`, by which screen readers choose a voice; what a site says may be anything.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def brand_page(api: ReviewsApi, slug: str) -> tuple[Brand, html.Div]:
    """The brand and its page; raises what the API's client raises."""
    brand = api.brand(slug)
    summary = api.summary(slug)
    numbers = [_numbers(summary)] if summary.review_count else []
    latest = _latest(brand, api.reviews(ReviewQuery(brand=slug, limit=PAGE_SIZE)))
    elsewhere = [_elsewhere(brand, api)] if brand.scraped_count else []
    return brand, html.Div([_head(brand), *numbers, latest, *elsewhere], className="brand")


def _head(brand: Brand) -> html.Div:
    return html.Div(
        [
            monogram(brand.name, brand.slug, size="l"),
            html.Div([html.H1(brand.name, dir="auto"), html.P(_facts(brand), className="facts quiet")]),
            dcc.Link("Review this brand", href=review_path(brand.slug), className="button-primary", id="review-brand"),
        ],
        className="brand-head",
    )


def _facts(brand: Brand) -> list[Component]:
    website = safe_website(brand.website)
    facts: list[Component] = [html.Span(brand.sector)] if brand.sector else []
    if brand.demo:
        facts.append(html.Span([*demo_tag(shown=True), " invented for a demonstration"]))
    if website:
        facts.append(
            html.A([site_name(website), icon("out")], href=website, target="_blank", rel="noopener noreferrer")
        )
    return facts


def _numbers(summary: Summary) -> html.Div:
    counts = {int(stars): count for stars, count in summary.stars.items()}
    return html.Div(
        [
            html.Section(
                [
                    html.H2("Stars"),
                    html.Div(
                        [
                            html.Span(average(summary.average_stars), className="big-number"),
                            html.Div(
                                [
                                    star_row(summary.average_stars, size="m"),
                                    html.P(counted(summary.review_count, "review"), className="quiet"),
                                ]
                            ),
                        ],
                        className="average",
                    ),
                    _star_counts(counts),
                    html.P(corrected_sentence(summary), className="quiet small"),
                ],
                className="card",
            ),
            html.Section([html.H2("Sentiment over time"), trend(summary.months)], className="card"),
        ],
        className="brand-numbers",
    )


def _star_counts(counts: dict[int, int]) -> html.Dl:
    """How many reviews gave each number of stars, as bars with their numbers."""
    total = sum(counts.values())
    rows = []
    for stars in reversed(STARS):
        count = counts.get(stars, 0)
        share = count / total if total else 0.0
        rows.append(
            html.Div(
                [
                    html.Dt([str(stars), icon("star"), visually_hidden(" stars")]),
                    html.Dd(
                        [
                            html.Span(
                                html.Span(className="bar-fill", style={"width": f"{share:.1%}"}),
                                className="bar",
                                **aria(hidden="true"),
                            ),
                            html.Span(
                                [f"{count:,}", visually_hidden(f" of {counted(total, 'review')}")],
                                className="bar-number",
                            ),
                        ]
                    ),
                ],
                className="star-count",
            )
        )
    return html.Dl(rows, className="star-counts")


def corrected_sentence(summary: Summary) -> str:
    if not summary.corrected:
        return "So far everyone kept the stars that their words suggested."
    # Reviews with a proposal are those with a label; never fewer than were corrected, whatever the API says.
    proposed = max(sum(summary.labels.values()), summary.corrected)
    share = percent(summary.corrected / proposed)
    return f"In {share} of the reviews ({summary.corrected:,}) people corrected the stars that their words suggested."


def _latest(brand: Brand, reviews: Page[Review]) -> html.Section:
    return html.Section(
        [
            html.H2("Latest reviews", id="latest-title", tabIndex="-1"),
            *paged_list(_REVIEWS, brand.slug, _review_list(reviews, brand.slug), reviews.next_cursor),
        ],
        className="latest",
    )


def _review_list(reviews: Page[Review], slug: str) -> html.Ul | html.Div:
    if reviews.items:
        return _review_cards(reviews.items)
    return empty_state(
        "No reviews yet",
        "Yours would be the first.",
        dcc.Link("Write it", href=review_path(slug), className="button-quiet"),
    )


def _elsewhere(brand: Brand, api: ReviewsApi) -> html.Section:
    reviews = api.scraped_reviews(ScrapedReviewQuery(brand=brand.slug, limit=PAGE_SIZE))
    return html.Section(
        [
            html.H2("Read elsewhere", id="elsewhere-title", tabIndex="-1"),
            html.P(
                "Written on other sites, not on Opine, and not part of Opine's own numbers for this brand.",
                className="quiet small",
            ),
            html.Ul(
                [_source(source) for source in brand.scraped if source.review_count], className="elsewhere-sources"
            ),
            *paged_list(_ELSEWHERE, brand.slug, _scraped_cards(reviews.items), reviews.next_cursor),
        ],
        className="latest elsewhere",
    )


def _source(source: ScrapedCount) -> html.Li:
    return html.Li(
        [
            source_link(source.source_url),
            star_row(source.average_stars),
            html.Span(f"{average(source.average_stars)} · {counted(source.review_count, 'review')}"),
        ]
    )


def _review_cards(reviews: Sequence[Review]) -> html.Ul:
    return html.Ul(
        [
            _review_card(
                review.stars,
                review.created_at,
                html.P(review.text, className="review-text", dir="auto"),
                *_correction(review),
                _report_button(review),
                demo=review.demo,
            )
            for review in reviews
        ],
        className="review-list",
    )


def _report_button(review: Review) -> html.Button:
    return html.Button(
        ["Report", visually_hidden(" this review to an admin")],
        id={"type": "report", "review": str(review.id)},
        className="button-link small",
        n_clicks=0,
    )


def _scraped_cards(reviews: Sequence[ScrapedReview]) -> html.Ul:
    return html.Ul(
        [
            _review_card(
                review.stars,
                review.reviewed_at,
                *_text(review),
                *_reply(review),
                html.P(_read_on(review), className="review-source quiet small"),
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


def _review_card(stars: int, written_at: datetime, *content: Component, demo: bool = False) -> html.Li:
    head = [star_row(stars), *demo_tag(shown=demo), html.Time(day(written_at), dateTime=written_at.isoformat())]
    return html.Li([html.Div(head, className="review-head"), *content], className="review-card")


def _correction(review: Review) -> list[html.P]:
    if review.prediction is None or review.prediction.stars == review.stars:
        return []
    return [
        html.P(
            f"Corrected: the words alone suggested {counted(review.prediction.stars, 'star')}.", className="quiet small"
        )
    ]


def _text(review: ScrapedReview) -> list[Component]:
    language = review.language if review.language and _LANGUAGE.fullmatch(review.language) else None
    title = [html.P(review.title, className="review-title", lang=language, dir="auto")] if review.title else []
    text = [html.P(review.text, className="review-text", lang=language, dir="auto")] if review.text else []
    return [*title, *text] or [html.P("Stars only, without a text.", className="quiet")]


def _reply(review: ScrapedReview) -> list[Component]:
    if not review.reply:
        return []
    answered = html.P(f"{review.brand.name} answered", className="small review-answered")
    return [
        html.Blockquote(
            [answered, html.P(review.reply, className="review-reply-text", dir="auto")], className="review-reply"
        )
    ]


def _read_on(review: ScrapedReview) -> list[Component]:
    verified = [html.Span("marked there as verified")] if review.verified else []
    return [html.Span(["Read on ", source_link(review.source_url)]), *verified]


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    def written_here(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.reviews(ReviewQuery(brand=slug, limit=PAGE_SIZE, cursor=cursor))
        return _review_list(page, slug), page.next_cursor

    def read_elsewhere(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.scraped_reviews(ScrapedReviewQuery(brand=slug, limit=PAGE_SIZE, cursor=cursor))
        return _scraped_cards(page.items), page.next_cursor

    @app.callback(
        Output({"type": "report", "review": MATCH}, "children"),
        Output({"type": "report", "review": MATCH}, "disabled"),
        Input({"type": "report", "review": MATCH}, "n_clicks"),
        State({"type": "report", "review": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def report(clicks: int, button: dict[str, str]) -> tuple[str, bool]:
        if not clicks:
            raise PreventUpdate
        try:
            api.report(button["review"], "", client=client_headers())
        except ReviewsApiError as error:
            return f"Not reported. {page_error(error).title}. Try again", False
        return "Reported: an admin will look at it", True

    register_paging(app, _REVIEWS, written_here)
    register_paging(app, _ELSEWHERE, read_elsewhere)
