"""Shows the page of a URL: Flask sends its status and Dash fills it, at first and at each click on a link."""

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask, Response, request

from opine_frontend.components.elements import aria, error_notice
from opine_frontend.pages.admin import admin_page
from opine_frontend.pages.brand import brand_page
from opine_frontend.pages.brands import Sectors, brands_page
from opine_frontend.pages.compare import compare_page
from opine_frontend.pages.front import front_page
from opine_frontend.pages.login import is_admin, login_page, switched_off_page
from opine_frontend.pages.models.page import models_page
from opine_frontend.pages.review import review_page
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import NotFound, ReviewsApiError
from opine_frontend.reviews_api.schemas import Brand
from opine_frontend.routing import PageName, Route, first_value, link, match, status_of, title_of
from opine_frontend.user_messages import page_error

# Dash's own rules for the page and for everything that no other rule takes.
_PAGE_RULES = frozenset({"/", "/<path:path>"})

_ADMIN_PAGES: dict[PageName, Callable[[], Component]] = {"admin": admin_page, "models": models_page}


def _own_path(path: str | None) -> str:
    return (path or "/").removeprefix(request.script_root) or "/"


class Page(NamedTuple):
    """What a route shows."""

    content: Component
    title: str


def register_navigation(app: Dash, api: ReviewsApi, *, admin_switched_on: bool) -> None:
    sectors = Sectors(api)

    def admin(page: PageName, login_outcome: str) -> Component:
        if not admin_switched_on:
            return switched_off_page()
        return _ADMIN_PAGES[page]() if is_admin() else login_page(page, login_outcome)

    def show(path: str, search: str) -> tuple[Component, dict[str, str]]:
        page = page_of(match(path, search), api, sectors, lambda name: admin(name, first_value(search, "login")))
        return page.content, {"title": page.title, "path": path}

    @app.callback(
        Output("page-content", "children"),
        Output("page-meta", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
    )
    def show_page(path: str | None, search: str | None) -> tuple[Component, dict[str, str]]:
        return show(_own_path(path), search or "")

    @app.callback(
        Output("page-content", "children", allow_duplicate=True),
        Output("page-meta", "data", allow_duplicate=True),
        Input("page-again", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def show_page_again(asked: int | None, path: str, search: str) -> tuple[Component, dict[str, str]]:
        if not asked:
            raise PreventUpdate
        return show(_own_path(path), search)

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("opine", "announcePage"), Input("page-meta", "data")
    )


def register_page_status(server: Flask, api: ReviewsApi) -> None:
    """Dash answers 200 for every path; here a page that does not exist gets its 404."""

    @server.after_request
    def set_status(response: Response) -> Response:
        rule = request.url_rule
        if rule is None or rule.rule not in _PAGE_RULES or response.status_code != HTTPStatus.OK:
            return response
        route = match(request.path, request.query_string.decode("latin-1"))
        response.status_code = status_of(route, brand_missing=bool(route.slug) and _is_missing(api, route.slug))
        # The page names its scripts by their times: an old one would ask for files that are gone.
        response.headers["Cache-Control"] = "no-cache"
        return response


def _is_missing(api: ReviewsApi, slug: str) -> bool:
    """Only the API's own word counts: while it is away, the page comes with 200 and says so itself."""
    try:
        api.brand(slug)
    except NotFound:
        return True
    except ReviewsApiError:
        return False
    return False


def page_of(route: Route, api: ReviewsApi, sectors: Sectors, admin: Callable[[PageName], Component]) -> Page:
    """The content and title of a route, or what stands in its place while the API is away."""
    try:
        return _page_of(route, api, sectors, admin)
    except NotFound:
        return Page(
            not_found_page(
                "We don't know that brand",
                f"There is no brand called “{route.slug}” here. It may have been renamed or removed.",
            ),
            title_of(Route("not_found")),
        )
    except ReviewsApiError as error:
        if route.page == "review" and route.slug:
            # One can write all the same, and submit later.
            brand = Brand(slug=route.slug, name=route.slug.replace("-", " ").title())
            return Page(review_page(brand, placeholder=True), title_of(route, brand.name))
        heading = title_of(route).removesuffix(" · Opine")
        return Page(
            html.Div([html.H1(heading), error_notice(page_error(error))], className="unavailable"), title_of(route)
        )


def _page_of(route: Route, api: ReviewsApi, sectors: Sectors, admin: Callable[[PageName], Component]) -> Page:
    match route.page:
        case "review":
            brand = api.brand(route.slug) if route.slug else api.random_brand()
            page = review_page(brand) if route.slug else front_page(brand)
            return Page(page, title_of(route, brand.name))
        case "brands":
            return Page(brands_page(sectors.names()), title_of(route))
        case "brand":
            brand, content = brand_page(api, route.slug, route.query)
            return Page(content, title_of(route, brand.name))
        case "compare":
            names, content = compare_page(api, route.query)
            return Page(content, title_of(route, " and ".join(names)))
        case "admin" | "models":
            return Page(admin(route.page), title_of(route))
        case "not_found":
            return Page(
                not_found_page("This page does not exist", "The address may be mistyped, or the page has moved."),
                title_of(route),
            )


def not_found_page(title: str, text: str) -> html.Div:
    """A 404 with two ways on."""
    return html.Div(
        [
            html.P("404", className="not-found-number", **aria(hidden="true")),
            html.H1(title),
            html.P(text),
            html.Div(
                [
                    dcc.Link("Review a brand", href=link("/"), className="button-primary"),
                    dcc.Link("Browse brands", href=link("/brands"), className="button-quiet"),
                ],
                className="actions",
            ),
        ],
        className="not-found",
    )
