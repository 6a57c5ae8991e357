"""One brand: its numbers, the reviews written here, and apart from them those of other sites."""

from dash import Dash, dcc, html
from dash.development.base_component import Component

from opine_frontend.components.elements import STARS, aria, empty_state, icon, monogram, star_row, visually_hidden
from opine_frontend.components.formatting import average, counted, percent, safe_website, site_name
from opine_frontend.components.pagination import paged_list, register_paging
from opine_frontend.components.reviews import review_cards, scraped_cards, source_link
from opine_frontend.components.trend import trend
from opine_frontend.reviews_api.client import ReviewsApi
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

PAGE_SIZE = 8

# They begin the ids of the two lists.
_REVIEWS = "reviews"
_ELSEWHERE = "elsewhere"


def load_brand_page(api: ReviewsApi, slug: str) -> tuple[Brand, html.Div]:
    brand = api.brand(slug)
    reviews = api.reviews(ReviewQuery(brand=slug, limit=PAGE_SIZE))
    scraped = api.scraped_reviews(ScrapedReviewQuery(brand=slug, limit=PAGE_SIZE)) if brand.scraped_count else None
    return brand, brand_page(brand, api.summary(slug), reviews, scraped)


def brand_page(brand: Brand, summary: Summary, reviews: Page[Review], scraped: Page[ScrapedReview] | None) -> html.Div:
    """`scraped` is None where nothing was read elsewhere."""
    numbers = [_numbers(summary)] if summary.review_count else []
    elsewhere = [] if scraped is None else [_elsewhere(brand, scraped)]
    return html.Div([_head(brand), *numbers, _latest(brand, reviews), *elsewhere], className="brand")


def _head(brand: Brand) -> html.Div:
    return html.Div(
        [
            monogram(brand.name, brand.slug, size="l"),
            html.Div([html.H1(brand.name), html.P(_facts(brand), className="facts quiet")]),
            dcc.Link("Review this brand", href=review_path(brand.slug), className="button-primary", id="review-brand"),
        ],
        className="brand-head",
    )


def _facts(brand: Brand) -> list[Component]:
    website = safe_website(brand.website)
    facts: list[Component] = [html.Span(brand.sector)] if brand.sector else []
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
        return review_cards(reviews.items)
    return empty_state(
        "No reviews yet",
        "Yours would be the first.",
        dcc.Link("Write it", href=review_path(slug), className="button-quiet"),
    )


def _elsewhere(brand: Brand, reviews: Page[ScrapedReview]) -> html.Section:
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
            *paged_list(_ELSEWHERE, brand.slug, scraped_cards(reviews.items), reviews.next_cursor),
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


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    def written_here(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.reviews(ReviewQuery(brand=slug, limit=PAGE_SIZE, cursor=cursor))
        return _review_list(page, slug), page.next_cursor

    def read_elsewhere(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.scraped_reviews(ScrapedReviewQuery(brand=slug, limit=PAGE_SIZE, cursor=cursor))
        return scraped_cards(page.items), page.next_cursor

    register_paging(app, _REVIEWS, written_here)
    register_paging(app, _ELSEWHERE, read_elsewhere)
