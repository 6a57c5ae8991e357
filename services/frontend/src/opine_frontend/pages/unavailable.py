from dash import html

from opine_frontend.advice import Advice
from opine_frontend.components.notices import notice, retry_button


def unavailable_page(heading: str, advice: Advice) -> html.Div:
    """A page whose data could not be had."""
    return html.Div([html.H1(heading), notice(advice, retry_button("page-retry"))], className="unavailable")
