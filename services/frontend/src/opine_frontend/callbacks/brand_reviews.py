from typing import TypedDict

from dash import Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.advice import about_reading
from opine_frontend.components.notices import retryable
from opine_frontend.pages.brand import PAGE_SIZE, review_list
from opine_frontend.paging import moved
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.queries import ReviewQuery


class Paging(TypedDict):
    """`cursors` lead to the page shown, the last one being its own; none: the newest."""

    slug: str
    cursors: list[str]
    next: str | None


def add_brand_reviews(app: Dash, api: ReviewsApi) -> None:
    @app.callback(
        Output("review-list", "children"),
        Output("review-paging", "data"),
        Output("reviews-newer", "disabled"),
        Output("reviews-older", "disabled"),
        Input("reviews-newer", "n_clicks"),
        Input("reviews-older", "n_clicks"),
        State("review-paging", "data"),
        prevent_initial_call=True,
    )
    def page(newer: int, older: int, paging: Paging) -> tuple[Component, Paging, bool, bool]:
        if not (newer or older):
            raise PreventUpdate
        cursors = moved(paging["cursors"], paging["next"], forward=ctx.triggered_id == "reviews-older")
        query = ReviewQuery(brand=paging["slug"], limit=PAGE_SIZE, cursor=cursors[-1] if cursors else "")
        try:
            reviews = api.reviews(query)
        except ReviewsApiError as error:
            return retryable(about_reading(error)), paging, not paging["cursors"], paging["next"] is None
        shown: Paging = {"slug": paging["slug"], "cursors": cursors, "next": reviews.next_cursor}
        return review_list(reviews, paging["slug"]), shown, not cursors, reviews.next_cursor is None
