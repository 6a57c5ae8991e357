"""Empty, failed and waiting states, alike on every page."""

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


def retryable(advice: Advice) -> html.Div:
    """A notice whose button builds the page again (callbacks/navigation.py)."""
    return notice(advice, html.Button("Try again", id="page-retry", className="button-quiet", n_clicks=0))


def empty(title: str, text: str, *actions: Component) -> html.Div:
    return html.Div(
        [html.P(title, className="notice-title"), html.P(text), html.Div(actions, className="actions")],
        className="empty",
    )


def skeleton(lines: int = 3) -> html.Div:
    return html.Div(
        [html.Div(className="skeleton-line") for _ in range(lines)], className="skeleton", **aria(hidden="true")
    )
