"""The admin's callbacks. Those that reach the API ask for the session: a callback is reachable without its page."""

from typing import Any

from dash import ALL, Dash, Input, NoUpdate, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.admin_query import export_path, review_query, toggled
from opine_frontend.advice import SESSION_ENDED, about_admin
from opine_frontend.components.notices import empty, retryable
from opine_frontend.components.wording import excerpt
from opine_frontend.pages.admin_table import admin_table
from opine_frontend.paging import moved
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.server.admin_session import is_admin

Query = dict[str, Any]


def add_admin_table(app: Dash, api: ReviewsApi) -> None:
    @app.callback(
        Output("admin-table", "children"),
        Output("admin-count", "children"),
        Output("admin-next-cursor", "data"),
        Output("admin-previous", "disabled"),
        Output("admin-next", "disabled"),
        Output("admin-export", "href"),
        Output("admin-excerpts", "data"),
        Input("admin-query", "data"),
    )
    def show(fields: Query) -> tuple[Component, str, str | None, bool, bool, str | NoUpdate, dict[str, str]]:
        if not is_admin():
            return retryable(SESSION_ENDED), "", None, True, True, no_update, {}
        cursors = fields["cursors"]
        query = review_query({**fields, "cursor": cursors[-1] if cursors else ""})
        try:
            page = api.reviews(query)
        except ReviewsApiError as error:
            return retryable(about_admin(error)), "", None, not cursors, True, export_path(query), {}
        table = admin_table(page.items, query) if page.items else empty("No reviews", "Nothing matches these filters.")
        return (
            table,
            f"Page {len(cursors) + 1}",
            page.next_cursor,
            not cursors,
            page.next_cursor is None,
            export_path(query),
            {str(review.id): excerpt(review.text) for review in page.items},
        )

    @app.callback(
        Output("admin-query", "data"),
        Input("admin-q", "value"),
        Input("admin-stars", "value"),
        Input("admin-label", "value"),
        Input({"type": "admin-sort", "column": ALL}, "n_clicks"),
        Input("admin-previous", "n_clicks"),
        Input("admin-next", "n_clicks"),
        State("admin-query", "data"),
        State("admin-next-cursor", "data"),
        prevent_initial_call=True,
    )
    def change(  # noqa: PLR0917  Dash passes by position
        text: str | None,
        stars: str | None,
        label: str | None,
        sorts: list[int],
        previous: int,
        following: int,
        fields: Query,
        next_cursor: str | None,
    ) -> Query:
        trigger = ctx.triggered_id
        if isinstance(trigger, dict):
            # A table that has just been drawn reports its headings too, without a click.
            if not any(sorts):
                raise PreventUpdate
            return toggled(fields, trigger["column"])
        if trigger in {"admin-previous", "admin-next"}:
            if not (previous or following):
                raise PreventUpdate
            return {**fields, "cursors": moved(fields["cursors"], next_cursor, forward=trigger == "admin-next")}
        return {**fields, "q": text or "", "stars": stars or "", "label": label or "", "cursors": []}


def add_admin_deletion(app: Dash, api: ReviewsApi, token: str) -> None:
    @app.callback(
        Output("delete-modal", "opened"),
        Output("admin-deleting", "data"),
        Output("delete-quote", "children"),
        Input({"type": "admin-delete", "review": ALL}, "n_clicks"),
        Input("delete-cancel", "n_clicks"),
        State("admin-excerpts", "data"),
        prevent_initial_call=True,
    )
    def ask(clicks: list[int], _cancel: int, excerpts: dict[str, str]) -> tuple[bool, str | None, str]:
        trigger = ctx.triggered_id
        if isinstance(trigger, dict):
            if not any(clicks):
                raise PreventUpdate
            return True, trigger["review"], excerpts.get(trigger["review"], "")
        return False, None, ""

    @app.callback(
        Output("delete-modal", "opened", allow_duplicate=True),
        Output("admin-query", "data", allow_duplicate=True),
        Output("admin-count", "children", allow_duplicate=True),
        Input("delete-confirm", "n_clicks"),
        State("admin-deleting", "data"),
        State("admin-query", "data"),
        prevent_initial_call=True,
    )
    def delete(clicks: int, review_id: str | None, fields: Query) -> tuple[bool, Query | NoUpdate, str | NoUpdate]:
        if not clicks or review_id is None:
            raise PreventUpdate
        if not is_admin():
            return False, no_update, SESSION_ENDED.title
        try:
            api.delete_review(review_id, token=token)
        except ReviewsApiError as error:
            advice = about_admin(error)
            return False, no_update, f"{advice.title}. {advice.text}"
        return False, dict(fields), no_update
