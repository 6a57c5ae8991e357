"""Going forth and back in a list whose API only knows the next page: the cursors that led here are kept."""

from collections.abc import Callable

from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from opine_frontend.components.elements import error_notice
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.user_messages import page_error


class ListQuery(TypedDict):
    """What a list is of: a brand by its slug, and which of its entries by an address' query string; empty: all."""

    brand: str
    address: str


class Paging(TypedDict):
    """`cursors` lead to the page shown, the last one being its own; none: the first."""

    query: ListQuery
    cursors: list[str]
    next: str | None


# From what a list is of and a cursor to what is shown and the next cursor.
ShowPage = Callable[[ListQuery, str], tuple[Component, str | None]]


def turn_page(cursors: list[str], following: str | None, *, forward: bool) -> list[str]:
    """The cursors after a step.

    Args:
        cursors: those that led here, the last one being the page shown; none: the first page.
        following: cursor of the next page, if there is one.
        forward: towards the next page, else back.
    """
    if forward:
        return cursors if following is None else [*cursors, following]
    return cursors[:-1]


def paged_list(name: str, query: ListQuery, shown: Component, next_cursor: str | None) -> list[Component]:
    """The first page of a list with its buttons; `name` begins the ids, as in `register_paging`."""
    paging: Paging = {"query": query, "cursors": [], "next": next_cursor}
    older = html.Button("Next", id=f"{name}-older", className="button-quiet", n_clicks=0, disabled=next_cursor is None)
    newer = html.Button("Previous", id=f"{name}-newer", className="button-quiet", n_clicks=0, disabled=True)
    return [
        dcc.Store(id=f"{name}-paging", data={**paging}),
        html.Div(shown, id=f"{name}-list"),
        html.Div([newer, older], className="actions centred", hidden=next_cursor is None),
    ]


def register_paging(app: Dash, name: str, show_page: ShowPage) -> None:
    """Let the buttons of `paged_list` work."""

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
        # Dash also calls it when the buttons appear.
        if not (newer or older):
            raise PreventUpdate
        cursors = turn_page(paging["cursors"], paging["next"], forward=ctx.triggered_id == f"{name}-older")
        try:
            shown, next_cursor = show_page(paging["query"], cursors[-1] if cursors else "")
        except ReviewsApiError as error:
            return error_notice(page_error(error)), paging, not paging["cursors"], paging["next"] is None
        turned: Paging = {"query": paging["query"], "cursors": cursors, "next": next_cursor}
        return shown, turned, not cursors, next_cursor is None
