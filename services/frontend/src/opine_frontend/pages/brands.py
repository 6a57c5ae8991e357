import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from opine_frontend.components.dom import icon
from opine_frontend.components.monogram import monogram
from opine_frontend.components.notices import empty, skeleton
from opine_frontend.components.stars import star_row
from opine_frontend.components.wording import average, counted
from opine_frontend.reviews_api.models import Brand
from opine_frontend.routes import brand_path

# Long enough to skip the letters of a word, short enough to feel at once.
SEARCH_DEBOUNCE_MS = 200


def brands_page(sectors: list[str]) -> html.Div:
    return html.Div(
        [
            html.H1("Brands"),
            html.Div(
                [
                    dmc.TextInput(
                        id="brand-search",
                        label="Search by name",
                        placeholder="Lego, Ikea, …",
                        leftSection=icon("search"),
                        debounce=SEARCH_DEBOUNCE_MS,
                        value="",
                        size="md",
                        autoComplete="off",
                        inputProps={"type": "search"},
                    ),
                    dmc.Select(
                        id="brand-sector",
                        label="Sector",
                        placeholder="All sectors",
                        data=sectors,
                        clearable=True,
                        searchable=True,
                        size="md",
                        clearButtonProps={"aria-label": "All sectors"},
                    ),
                ],
                className="filters",
                role="search",
            ),
            html.P("", id="brand-count", className="quiet", role="status"),
            html.Div(skeleton(6), id="brand-results"),
            dcc.Store(id="brand-cursor", data=""),
            html.Div(
                html.Button("Show more", id="brand-more", className="button-quiet", n_clicks=0, hidden=True),
                className="actions centred",
            ),
        ],
        className="brands",
    )


def brand_cards(brands: list[Brand]) -> html.Ul:
    return html.Ul([_card(brand) for brand in brands], className="brand-grid")


def no_brands(query: str) -> html.Div:
    return empty(
        "No brand found", f"Nothing matches “{query}”." if query else "There are no brands in this sector yet."
    )


def _rating(brand: Brand) -> list[Component]:
    if brand.review_count:
        rated = f"{average(brand.average_stars)} · {counted(brand.review_count, 'review')}"
        return [star_row(brand.average_stars), html.Span(rated)]
    return [html.Span(f"{brand.scraped_count:,} read elsewhere" if brand.scraped_count else "No reviews yet")]


def _card(brand: Brand) -> html.Li:
    return html.Li(
        dcc.Link(
            [
                monogram(brand.name, brand.slug),
                html.Span(
                    [
                        html.Span(brand.name, className="brand-name"),
                        html.Span(brand.sector or "", className="quiet small"),
                        html.Span(_rating(brand), className="brand-rating small"),
                    ],
                    className="brand-words",
                ),
            ],
            href=brand_path(brand.slug),
            className="brand-card",
        ),
    )
