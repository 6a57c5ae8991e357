"""Dash answers 200 for every path; here a page that does not exist gets its 404."""

from http import HTTPStatus

from flask import Flask, Response, request

from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import NotFound, ReviewsApiError
from opine_frontend.routes import match, status_of

# Dash's own rules for the page and for everything that no other rule takes.
_PAGE_RULES = frozenset({"/", "/<path:path>"})


def add_page_status(server: Flask, api: ReviewsApi) -> None:
    @server.after_request
    def set_status(response: Response) -> Response:
        rule = request.url_rule
        if rule is None or rule.rule not in _PAGE_RULES or response.status_code != HTTPStatus.OK:
            return response
        route = match(request.path, request.query_string.decode("latin-1"))
        response.status_code = status_of(route, brand_missing=bool(route.slug) and _is_missing(api, route.slug))
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
