"""One brand: its numbers, what people praise and complain of, the reviews written here, and apart from them others'."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from opine_frontend.components.elements import (
    demo_tag,
    empty_state,
    error_notice,
    icon,
    monogram,
    share_button,
    star_row,
    visually_hidden,
)
from opine_frontend.components.formatting import average, counted, day, safe_website, site_name
from opine_frontend.components.pagination import ListQuery, Paging, paged_list, register_paging
from opine_frontend.components.summary import corrected_sentence, stars_in_numbers
from opine_frontend.components.terms import term_lists
from opine_frontend.components.trend import Line, trend
from opine_frontend.pages.review_filters import ReviewFilters, filter_controls, term_chip
from opine_frontend.reviews_api.client import ReviewsApi, client_headers
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import (
    Brand,
    Page,
    Review,
    ScrapedCount,
    ScrapedReview,
    ScrapedReviewQuery,
    Summary,
    Week,
)
from opine_frontend.routing import compare_path, review_path
from opine_frontend.user_messages import page_error

PAGE_SIZE = 8
# Two years of the line; the API has more.
WEEKS = 104

Answer = TypeVar("Answer")

# They begin the ids of the two lists.
_REVIEWS = "reviews"
_ELSEWHERE = "elsewhere"

# A value of `lang`, by which screen readers choose a voice; what a site says may be anything.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class _ReportButton(TypedDict):
    """The id of one."""

    type: str
    review: str


def brand_page(api: ReviewsApi, slug: str, query: str = "") -> tuple[Brand, html.Div]:
    """The brand and its page; raises what the API's client raises.

    Args:
        api: where it comes from.
        slug: the brand's.
        query: of the address: which of its reviews are shown.
    """
    brand = api.brand(slug)
    summary = api.summary(slug)
    numbers = []
    if summary.review_count:
        numbers = [_numbers(summary, weeks_of(api, slug)), term_lists(if_there(lambda: api.terms(slug)), slug)]
    reviews = _reviews(brand, ReviewFilters.of_address(query), api)
    elsewhere = [_elsewhere(brand, api)] if brand.scraped_count else []
    return brand, html.Div([_head(brand), *numbers, reviews, *elsewhere], className="brand")


def if_there(ask: Callable[[], Answer]) -> Answer | None:
    """What a page can do without: None while the API cannot say, or is too old to know the question."""
    try:
        return ask()
    except ReviewsApiError:
        return None


def weeks_of(api: ReviewsApi, slug: str) -> list[Week]:
    found = if_there(lambda: api.trend(slug, weeks=WEEKS))
    return found.weeks if found else []


def _head(brand: Brand) -> html.Div:
    return html.Div(
        [
            monogram(brand.name, brand.slug, size="l"),
            html.Div([html.H1(brand.name, dir="auto"), html.P(_facts(brand), className="facts quiet")]),
            html.Div(
                [
                    dcc.Link(
                        "Review this brand", href=review_path(brand.slug), className="button-primary", id="review-brand"
                    ),
                    dcc.Link("Compare", href=compare_path(brand.slug), className="button-quiet", id="compare-brand"),
                    share_button(),
                ],
                className="actions",
            ),
        ],
        className="brand-head",
    )


def _facts(brand: Brand) -> list[Component]:
    website = safe_website(brand.website)
    facts: list[Component] = [html.Span(brand.sector, dir="auto")] if brand.sector else []
    if brand.demo:
        facts.append(html.Span([*demo_tag(shown=True), " invented for a demonstration"]))
    if website:
        facts.append(
            html.A([site_name(website), icon("out")], href=website, target="_blank", rel="noopener noreferrer")
        )
    return facts


def _numbers(summary: Summary, weeks: Sequence[Week]) -> html.Div:
    corrected = html.P(corrected_sentence(summary), className="quiet small")
    return html.Div(
        [
            html.Section([html.H2("Stars"), *stars_in_numbers(summary), corrected], className="card"),
            html.Section([html.H2("Sentiment over time"), trend(Line("", weeks))], className="card"),
        ],
        className="brand-numbers",
    )


def _reviews(brand: Brand, filters: ReviewFilters, api: ReviewsApi) -> html.Section:
    controls = [filter_controls(filters)] if brand.review_count else []
    return html.Section(
        [
            html.H2("Reviews", id="latest-title", tabIndex="-1"),
            *controls,
            html.Div(written_here(api, brand.slug, filters), id="reviews-box"),
            # The address of what is shown, for assets/js/page.js to write.
            dcc.Store(id="reviews-address"),
        ],
        className="latest",
    )


def written_here(api: ReviewsApi, slug: str, filters: ReviewFilters) -> list[Component]:
    """The first page of a brand's reviews with its buttons, and which term they say; or what is wrong."""
    shown: Component
    following = None
    try:
        page = api.reviews(filters.query(slug, limit=PAGE_SIZE))
    except ReviewsApiError as error:
        shown = error_notice(page_error(error))
    else:
        shown, following = _review_list(page, slug, filters), page.next_cursor
    query: ListQuery = {"brand": slug, "address": filters.address}
    return [*term_chip(filters.term), *paged_list(_REVIEWS, query, shown, following)]


def _review_list(reviews: Page[Review], slug: str, filters: ReviewFilters) -> Component:
    if reviews.items:
        return _review_cards(reviews.items)
    if filters.narrow:
        return empty_state("No review is like that", "Others are: choose other stars or words.")
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
            *paged_list(
                _ELSEWHERE, {"brand": brand.slug, "address": ""}, _scraped_cards(reviews.items), reviews.next_cursor
            ),
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
    answered = html.P([html.Span(review.brand.name, dir="auto"), " answered"], className="small review-answered")
    return [
        html.Blockquote(
            [answered, html.P(review.reply, className="review-reply-text", dir="auto")], className="review-reply"
        )
    ]


def _read_on(review: ScrapedReview) -> list[Component]:
    verified = [html.Span("marked there as verified")] if review.verified else []
    return [html.Span(["Read on ", source_link(review.source_url)]), *verified]


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    def page_here(query: ListQuery, cursor: str) -> tuple[Component, str | None]:
        filters = ReviewFilters.of_address(query["address"])
        page = api.reviews(filters.query(query["brand"], limit=PAGE_SIZE, cursor=cursor))
        return _review_list(page, query["brand"], filters), page.next_cursor

    def page_elsewhere(query: ListQuery, cursor: str) -> tuple[Component, str | None]:
        page = api.scraped_reviews(ScrapedReviewQuery(brand=query["brand"], limit=PAGE_SIZE, cursor=cursor))
        return _scraped_cards(page.items), page.next_cursor

    @app.callback(
        Output("reviews-box", "children"),
        Output("reviews-address", "data"),
        Input("reviews-search", "value"),
        Input("reviews-stars", "value"),
        Input("reviews-sort", "value"),
        Input("reviews-term", "data"),
        State(f"{_REVIEWS}-paging", "data"),
        prevent_initial_call=True,
    )
    def choose(
        text: str | None, stars: str | None, sort: str | None, term: str | None, paging: Paging
    ) -> tuple[list[Component], str]:
        chosen = {"q": text or "", "stars": stars or "", "sort": sort or "", "term": term or ""}
        filters = ReviewFilters.of_address(urlencode(chosen))
        # Dash also calls it when the controls appear.
        if filters.address == paging["query"]["address"]:
            raise PreventUpdate
        return written_here(api, paging["query"]["brand"], filters), filters.address

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("opine", "keepAddress"), Input("reviews-address", "data")
    )

    @app.callback(
        Output({"type": "report", "review": MATCH}, "children"),
        Output({"type": "report", "review": MATCH}, "disabled"),
        Input({"type": "report", "review": MATCH}, "n_clicks"),
        State({"type": "report", "review": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def report(clicks: int, button: _ReportButton) -> tuple[str, bool]:
        if not clicks:
            raise PreventUpdate
        try:
            api.report(button["review"], "", client=client_headers())
        except ReviewsApiError as error:
            return f"Not reported. {page_error(error).title}. Try again", False
        return "Reported: an admin will look at it", True

    register_paging(app, _REVIEWS, page_here)
    register_paging(app, _ELSEWHERE, page_elsewhere)
