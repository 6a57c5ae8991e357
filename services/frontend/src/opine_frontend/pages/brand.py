from dash import dcc, html
from dash.development.base_component import Component

from opine_frontend.components.dom import icon
from opine_frontend.components.monogram import monogram
from opine_frontend.components.notices import empty
from opine_frontend.components.pager import paged_list
from opine_frontend.components.review_card import review_cards
from opine_frontend.components.stars import star_counts, star_row
from opine_frontend.components.trend import trend
from opine_frontend.components.wording import average, counted, percent
from opine_frontend.pages.brand_scraped import scraped_section
from opine_frontend.reviews_api.models import Brand, ReviewPage, Summary
from opine_frontend.reviews_api.scraped_models import ScrapedReviewPage
from opine_frontend.routes import review_path
from opine_frontend.safe_url import safe_website, site_name

PAGE_SIZE = 8
LIST = "reviews"


def brand_page(brand: Brand, summary: Summary, reviews: ReviewPage, scraped: ScrapedReviewPage | None) -> html.Div:
    """`scraped` is None where nothing was read elsewhere."""
    numbers = [_numbers(summary)] if summary.review_count else []
    elsewhere = [] if scraped is None else [scraped_section(brand, scraped)]
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
                    star_counts(counts),
                    html.P(corrected_sentence(summary), className="quiet small"),
                ],
                className="card",
            ),
            html.Section([html.H2("Sentiment over time"), trend(summary.months)], className="card"),
        ],
        className="brand-numbers",
    )


def corrected_sentence(summary: Summary) -> str:
    if not summary.corrected:
        return "So far everyone kept the stars that their words suggested."
    proposed = max(sum(summary.labels.values()), summary.corrected)
    share = percent(summary.corrected / proposed)
    return f"In {share} of the reviews ({summary.corrected:,}) people corrected the stars that their words suggested."


def _latest(brand: Brand, reviews: ReviewPage) -> html.Section:
    return html.Section(
        [
            html.H2("Latest reviews", id="latest-title", tabIndex="-1"),
            *paged_list(LIST, brand.slug, review_list(reviews, brand.slug), reviews.next_cursor),
        ],
        className="latest",
    )


def review_list(reviews: ReviewPage, slug: str) -> html.Ul | html.Div:
    if reviews.items:
        return review_cards(reviews.items)
    return empty(
        "No reviews yet",
        "Yours would be the first.",
        dcc.Link("Write it", href=review_path(slug), className="button-quiet"),
    )
