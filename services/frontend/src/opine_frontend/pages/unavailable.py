from dash import html

from opine_frontend.advice import Advice
from opine_frontend.components.notices import retryable


def unavailable_page(heading: str, advice: Advice) -> html.Div:
    """A page whose data could not be had."""
    return html.Div([html.H1(heading), retryable(advice)], className="unavailable")
