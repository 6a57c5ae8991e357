"""Search brands by name and sector."""

import threading
import time
from dataclasses import replace

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from typing_extensions import TypedDict

from opine_frontend.components.elements import demo_tag, empty_state, error_notice, icon, monogram, skeleton, star_row
from opine_frontend.components.formatting import average, counted
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import LONGEST_SEARCH, Brand, BrandQuery, Page
from opine_frontend.routing import brand_path
from opine_frontend.user_messages import page_error

# Long enough to skip the letters of a word, short enough to feel at once.
SEARCH_DEBOUNCE_MS = 200
# They change with the list of brands, that is with a release.
SECTORS_KEPT_S = 60.0


class Next(TypedDict):
    """Where a list goes on, and the search that it is of."""

    query: dict[str, str]
    cursor: str


# Those shown before come back from the page as JSON.
Shown = list[object]
# The results, their count, where they go on, and whether nothing follows.
Results = tuple[Shown, str, Next | None, bool]


class Sectors:
    """The brands' sectors, asked for once and kept for a while."""

    def __init__(self, api: ReviewsApi) -> None:
        self._api = api
        self._names: list[str] = []
        self._expires = 0.0
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names as the API sorts them; what was known before, or nothing, while the API is away."""
        with self._lock:
            if time.monotonic() >= self._expires:
                try:
                    self._names = [entry.sector for entry in self._api.sectors().items]
                except ReviewsApiError:
                    return self._names
                self._expires = time.monotonic() + SECTORS_KEPT_S
            return self._names


def brands_page(sectors: list[str]) -> html.Div:
    """The search without results, which a callback fetches."""
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
                        inputProps={"type": "search", "maxLength": LONGEST_SEARCH},
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
            html.Div([skeleton(6)], id="brand-results"),
            # Of the next page, and of which search it is.
            dcc.Store(id="brand-next", data=None),
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
    if not query:
        return empty_state("No brand found", "There are no brands in this sector yet.")
    return empty_state("No brand found", ["Nothing matches “", html.Span(query, dir="auto"), "”."])


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
                        html.Span(brand.name, className="brand-name", dir="auto"),
                        html.Span(
                            [html.Span(brand.sector or "", dir="auto"), *demo_tag(shown=brand.demo)],
                            className="quiet small",
                        ),
                        html.Span(_rating(brand), className="brand-rating small"),
                    ],
                    className="brand-text",
                ),
            ],
            href=brand_path(brand.slug),
            className="brand-card",
        ),
    )


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    @app.callback(
        Output("brand-results", "children"),
        Output("brand-count", "children"),
        Output("brand-next", "data"),
        Output("brand-more", "hidden"),
        Input("brand-search", "value"),
        Input("brand-sector", "value"),
        Input("brand-more", "n_clicks"),
        State("brand-next", "data"),
        State("brand-results", "children"),
    )
    def search(text: str | None, sector: str | None, _more: int, following: Next | None, shown: Shown) -> Results:
        query = BrandQuery(q=(text or "").strip(), sector=sector or "")
        # Any other trigger is another search, which begins at its first brand; so is one whose words have changed
        # since the button was shown.
        more = ctx.triggered_id == "brand-more" and following is not None and following["query"] == query.parameters()
        if more and following is not None:
            query = replace(query, cursor=following["cursor"])
        try:
            page = api.brands(query)
        except ReviewsApiError as error:
            return [error_notice(page_error(error))], "", None, True
        return results(page, query, shown if more else [])


def results(page: Page[Brand], query: BrandQuery, shown: Shown) -> Results:
    """What the search shows: the brands so far and those of this page."""
    if not page.items and not shown:
        return [no_brands(query.q)], "No brand found", None, True
    count = counted(len(page.items), "brand") if page.next_cursor is None and not shown else ""
    cards = [*shown, brand_cards(page.items)]
    if page.next_cursor is None:
        return cards, count, None, True
    return cards, count, {"query": replace(query, cursor="").parameters(), "cursor": page.next_cursor}, False
