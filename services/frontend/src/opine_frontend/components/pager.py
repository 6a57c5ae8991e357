"""The buttons under a list that is shown in pages, and the store that remembers where it is."""

from typing import TypedDict

from dash import dcc, html
from dash.development.base_component import Component


class Paging(TypedDict):
    """`cursors` lead to the page shown, the last one being its own; none: the newest."""

    slug: str
    cursors: list[str]
    next: str | None


def paged_list(name: str, slug: str, shown: Component, next_cursor: str | None) -> list[Component]:
    """The first page of a brand's list with its buttons; `name` begins the ids (callbacks/brand_reviews.py)."""
    paging: Paging = {"slug": slug, "cursors": [], "next": next_cursor}
    older = html.Button("Older", id=f"{name}-older", className="button-quiet", n_clicks=0, disabled=next_cursor is None)
    newer = html.Button("Newer", id=f"{name}-newer", className="button-quiet", n_clicks=0, disabled=True)
    return [
        dcc.Store(id=f"{name}-paging", data={**paging}),
        html.Div(shown, id=f"{name}-list"),
        html.Div([newer, older], className="actions centred", hidden=next_cursor is None),
    ]
