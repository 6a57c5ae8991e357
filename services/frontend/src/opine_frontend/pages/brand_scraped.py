"""What other sites say of a brand. Beside the reviews written here, and in none of their numbers."""

from dash import html

from opine_frontend.components.pager import paged_list
from opine_frontend.components.scraped_card import scraped_cards, source_link
from opine_frontend.components.stars import star_row
from opine_frontend.components.wording import average, counted
from opine_frontend.reviews_api.models import Brand, ScrapedCount
from opine_frontend.reviews_api.scraped_models import ScrapedReviewPage

LIST = "elsewhere"


def scraped_section(brand: Brand, reviews: ScrapedReviewPage) -> html.Section:
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
            *paged_list(LIST, brand.slug, scraped_cards(reviews.items), reviews.next_cursor),
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
