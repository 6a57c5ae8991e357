"""What admin pages share: the head with the way to the others and out, and the question before what is decided."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from opine_frontend.components.elements import aria
from opine_frontend.routing import PageName, link

ADMIN_PATHS: dict[PageName, str] = {"admin": "/admin", "models": "/admin/models"}
_NAMES: dict[PageName, str] = {"admin": "Reviews", "models": "Models"}


def admin_head(current: PageName, *actions: Component) -> html.Header:
    """The current page's own heading is named as its link is."""
    logout = html.Form(
        html.Button("Log out", type="submit", id="logout-button", className="button-quiet"),
        action=link("/admin/logout"),
        method="POST",
    )
    return html.Header(
        [
            html.Nav([_link(page, current) for page in ADMIN_PATHS], className="admin-nav", **aria(label="Admin")),
            html.Div(
                [html.H1(_NAMES[current]), html.Div([*actions, logout], className="actions")], className="admin-head"
            ),
        ]
    )


def _link(page: PageName, current: PageName) -> dcc.Link | html.Span:
    # Where one is already is no link; Dash's takes no aria-current.
    if page == current:
        return html.Span(_NAMES[page], className="admin-nav-here", **aria(current="page"))
    return dcc.Link(_NAMES[page], href=link(ADMIN_PATHS[page]))


def confirmation(
    name: str, title: str, *content: Component, cancel: str, confirm: str, confirm_class: str = "button-primary"
) -> dmc.Modal:
    """A question with two answers: the elements `{name}-modal`, `{name}-cancel` and `{name}-confirm`."""
    answers = [
        html.Button(cancel, id=f"{name}-cancel", className="button-quiet", n_clicks=0),
        html.Button(confirm, id=f"{name}-confirm", className=confirm_class, n_clicks=0),
    ]
    return dmc.Modal(
        [*content, html.Div(answers, className="actions")],
        id=f"{name}-modal",
        title=title,
        opened=False,
        centered=True,
        closeButtonProps={"aria-label": "Close"},
    )
