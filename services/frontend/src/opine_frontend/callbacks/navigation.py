from dash import Dash, Input, Output, State, ctx, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from opine_frontend.advice import about_reading
from opine_frontend.pages.render import Admin, render
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.routes import first_value, match, review_path
from opine_frontend.sectors import Sectors
from opine_frontend.server.admin_session import is_admin


def add_navigation(app: Dash, api: ReviewsApi, sectors: Sectors, *, admin_switched_on: bool) -> None:
    @app.callback(
        Output("page-content", "children"),
        Output("page-meta", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
    )
    def show_page(path: str | None, search: str | None) -> tuple[Component, dict[str, str]]:
        return _page(path or "/", search or "")

    @app.callback(
        Output("page-content", "children", allow_duplicate=True),
        Output("page-meta", "data", allow_duplicate=True),
        Input("page-retry", "n_clicks"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def show_page_again(clicks: int | None, path: str, search: str) -> tuple[Component, dict[str, str]]:
        if not clicks:
            raise PreventUpdate
        return _page(path, search)

    def _page(path: str, search: str) -> tuple[Component, dict[str, str]]:
        admin = Admin(admin_switched_on, is_admin(), first_value(search, "login"))
        page = render(match(path, search), api, sectors, admin)
        return page.content, {"title": page.title, "path": path}

    @app.callback(
        Output("url", "href"),
        Input("switch_button", "n_clicks"),
        Input("thanks-switch", "n_clicks"),
        State("composer-brand", "data"),
        prevent_initial_call=True,
    )
    def switch_brand(_switch: int | None, _thanks: int | None, brand: dict[str, str]) -> str:
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        try:
            return review_path(api.random_brand(exclude=brand["slug"]).slug)
        except ReviewsApiError as error:
            set_props("composer-switch-refusal", {"data": about_reading(error).as_json()})
            raise PreventUpdate from error
