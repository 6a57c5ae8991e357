"""Paging through a brand's lists: the reviews written here, and those that were read elsewhere."""

from collections.abc import Callable

from dash import Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.advice import about_reading
from opine_frontend.components.notices import retryable
from opine_frontend.components.pager import Paging
from opine_frontend.components.scraped_card import scraped_cards
from opine_frontend.pages import brand, brand_scraped
from opine_frontend.paging import moved
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.queries import ReviewQuery, ScrapedReviewQuery

# From a brand and a cursor to what is shown and the next cursor.
ShowPage = Callable[[str, str], tuple[Component, str | None]]


def add_brand_reviews(app: Dash, api: ReviewsApi) -> None:
    def written(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.reviews(ReviewQuery(brand=slug, limit=brand.PAGE_SIZE, cursor=cursor))
        return brand.review_list(page, slug), page.next_cursor

    def read_elsewhere(slug: str, cursor: str) -> tuple[Component, str | None]:
        page = api.scraped_reviews(ScrapedReviewQuery(brand=slug, limit=brand.PAGE_SIZE, cursor=cursor))
        return scraped_cards(page.items), page.next_cursor

    _add_paging(app, brand.LIST, written)
    _add_paging(app, brand_scraped.LIST, read_elsewhere)


def _add_paging(app: Dash, name: str, show_page: ShowPage) -> None:
    @app.callback(
        Output(f"{name}-list", "children"),
        Output(f"{name}-paging", "data"),
        Output(f"{name}-newer", "disabled"),
        Output(f"{name}-older", "disabled"),
        Input(f"{name}-newer", "n_clicks"),
        Input(f"{name}-older", "n_clicks"),
        State(f"{name}-paging", "data"),
        prevent_initial_call=True,
    )
    def page(newer: int, older: int, paging: Paging) -> tuple[Component, Paging, bool, bool]:
        if not (newer or older):
            raise PreventUpdate
        cursors = moved(paging["cursors"], paging["next"], forward=ctx.triggered_id == f"{name}-older")
        try:
            shown, next_cursor = show_page(paging["slug"], cursors[-1] if cursors else "")
        except ReviewsApiError as error:
            return retryable(about_reading(error)), paging, not paging["cursors"], paging["next"] is None
        now: Paging = {"slug": paging["slug"], "cursors": cursors, "next": next_cursor}
        return shown, now, not cursors, next_cursor is None
