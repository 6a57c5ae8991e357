from dash import Dash, Input, Output
from dash.development.base_component import Component

from opine_frontend.advice import SESSION_ENDED, about_admin
from opine_frontend.components.notices import retryable
from opine_frontend.pages.admin_runs import RUNS_SHOWN, runs_table
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.server.admin_session import is_admin


def add_admin_runs(app: Dash, api: ReviewsApi, token: str) -> None:
    # Dash calls it when the page appears, and at each click.
    @app.callback(Output("admin-runs", "children"), Input("admin-runs-refresh", "n_clicks"))
    def show(_clicks: int) -> Component:
        if not is_admin():
            return retryable(SESSION_ENDED)
        try:
            return runs_table(api.scrape_runs(limit=RUNS_SHOWN, token=token).items)
        except ReviewsApiError as error:
            return retryable(about_admin(error))
