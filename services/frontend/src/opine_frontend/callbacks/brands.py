from dash import Dash, Input, Output, State, ctx
from dash.development.base_component import Component

from opine_frontend.advice import about_reading
from opine_frontend.components.notices import retryable
from opine_frontend.components.wording import counted
from opine_frontend.pages.brands import brand_cards, no_brands
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.models import BrandPage
from opine_frontend.reviews_api.queries import BrandQuery

Results = tuple[list[Component], str, str, bool]


def add_brand_search(app: Dash, api: ReviewsApi) -> None:
    @app.callback(
        Output("brand-results", "children"),
        Output("brand-count", "children"),
        Output("brand-cursor", "data"),
        Output("brand-more", "hidden"),
        Input("brand-search", "value"),
        Input("brand-sector", "value"),
        Input("brand-more", "n_clicks"),
        State("brand-cursor", "data"),
        State("brand-results", "children"),
    )
    def search(text: str | None, sector: str | None, _more: int, cursor: str, shown: list[Component]) -> Results:
        more = ctx.triggered_id == "brand-more"
        query = BrandQuery(q=(text or "").strip(), sector=sector or "", cursor=cursor if more else "")
        try:
            page = api.brands(query)
        except ReviewsApiError as error:
            return [retryable(about_reading(error))], "", "", True
        return results(page, query, shown if more else [])


def results(page: BrandPage, query: BrandQuery, shown: list[Component]) -> Results:
    """What the search shows: the brands so far and those of this page."""
    if not page.items and not shown:
        return [no_brands(query.q)], "No brand found", "", True
    count = counted(len(page.items), "brand") if page.next_cursor is None and not shown else ""
    return [*shown, brand_cards(page.items)], count, page.next_cursor or "", page.next_cursor is None
