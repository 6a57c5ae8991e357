"""Empty, failed and waiting states, alike on every page."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html
from dash.development.base_component import Component

from opine_frontend.advice import Advice
from opine_frontend.components.dom import aria


def notice(advice: Advice, *actions: Component) -> html.Div:
    return html.Div(
        [html.P(advice.title, className="notice-title"), html.P(advice.text), html.Div(actions, className="actions")],
        className="notice",
        role="alert",
    )


def retry_button(element_id: str) -> dmc.Button:
    return dmc.Button("Try again", id=element_id, variant="default", size="sm", n_clicks=0)


def empty(title: str, text: str, *actions: Component) -> html.Div:
    return html.Div(
        [html.P(title, className="notice-title"), html.P(text), html.Div(actions, className="actions")],
        className="empty",
    )


def skeleton(lines: int = 3) -> html.Div:
    return html.Div([html.Div(className="skeleton-line") for _ in range(lines)], className="skeleton", **aria(hidden="true"))
