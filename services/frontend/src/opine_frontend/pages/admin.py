"""The admin's table of reviews. Only ever built for a session that has logged in."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from opine_frontend.components.dom import icon
from opine_frontend.components.notices import skeleton
from opine_frontend.pages.admin_runs import runs_section

NO_FILTERS: dict[str, object] = {
    "q": "",
    "stars": "",
    "label": "",
    "sort": "created_at",
    "order": "desc",
    "cursors": [],
}


def admin_page() -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.H1("Reviews"),
                    html.Div(
                        [
                            html.A(
                                [icon("download"), "Export as CSV"],
                                id="admin-export",
                                href="/admin/reviews.csv",
                                className="button-quiet",
                                download="opine-reviews.csv",
                            ),
                            html.Form(
                                html.Button("Log out", type="submit", id="logout-button", className="button-quiet"),
                                action="/admin/logout",
                                method="POST",
                            ),
                        ],
                        className="actions",
                    ),
                ],
                className="admin-head",
            ),
            _filters(),
            html.P("", id="admin-count", className="quiet", role="status"),
            html.Div(skeleton(8), id="admin-table"),
            html.Div(
                [
                    html.Button(
                        "Previous page", id="admin-previous", className="button-quiet", n_clicks=0, disabled=True
                    ),
                    html.Button("Next page", id="admin-next", className="button-quiet", n_clicks=0, disabled=True),
                ],
                className="actions centred",
            ),
            runs_section(),
            dcc.Store(id="admin-query", data=NO_FILTERS),
            dcc.Store(id="admin-next-cursor"),
            dcc.Store(id="admin-deleting"),
            dcc.Store(id="admin-excerpts"),
            _confirmation(),
        ],
        className="admin",
    )


def _filters() -> html.Div:
    return html.Div(
        [
            dmc.TextInput(
                id="admin-q",
                label="Text contains",
                leftSection=icon("search"),
                debounce=300,
                value="",
                autoComplete="off",
            ),
            dmc.Select(
                id="admin-stars",
                label="Stars",
                placeholder="Any",
                data=["1", "2", "3", "4", "5"],
                clearable=True,
                clearButtonProps={"aria-label": "Any stars"},
            ),
            dmc.Select(
                id="admin-label",
                label="Sentiment",
                placeholder="Any",
                data=[
                    {"value": "bad", "label": "Bad"},
                    {"value": "average", "label": "Average"},
                    {"value": "good", "label": "Good"},
                ],
                clearable=True,
                clearButtonProps={"aria-label": "Any sentiment"},
            ),
        ],
        className="filters",
    )


def _confirmation() -> dmc.Modal:
    return dmc.Modal(
        [
            html.P("It disappears from the brand's page and from the numbers. This cannot be undone."),
            html.Blockquote("", id="delete-quote"),
            html.Div(
                [
                    html.Button("Keep it", id="delete-cancel", className="button-quiet", n_clicks=0),
                    html.Button("Delete", id="delete-confirm", className="button-danger", n_clicks=0),
                ],
                className="actions",
            ),
        ],
        id="delete-modal",
        title="Delete this review?",
        opened=False,
        centered=True,
        closeButtonProps={"aria-label": "Close"},
    )
