"""Which page a URL leads to, its title and its status: for Flask, which sends the HTML, and for Dash, which fills it.

Why not by Dash Pages: docs/decisions/frontend.md.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlencode

from flask import has_request_context, request

PageName = Literal["review", "brands", "brand", "compare", "admin", "models", "not_found"]

_TABLE: tuple[tuple[re.Pattern[str], PageName], ...] = (
    (re.compile(r"/"), "review"),
    (re.compile(r"/brands/?"), "brands"),
    (re.compile(r"/brands/(?P<slug>[^/]+)/?"), "brand"),
    (re.compile(r"/compare/?"), "compare"),
    (re.compile(r"/admin/?"), "admin"),
    (re.compile(r"/admin/models/?"), "models"),
)


_TITLES: dict[PageName, str] = {
    "review": "Review a brand · Opine",
    "brands": "Brands · Opine",
    "brand": "Brand · Opine",
    "compare": "Compare two brands · Opine",
    "admin": "Admin · Opine",
    "models": "Models · Opine",
    "not_found": "Page not found · Opine",
}


@dataclass(frozen=True)
class Route:
    """A page and the brand it is about; no slug: none, or for the review page any."""

    page: PageName
    slug: str = ""
    # What is chosen on the page, where that is in its address.
    query: str = ""


def match(path: str, query: str = "") -> Route:
    """Find the page of a URL.

    Args:
        path: percent-encoded or decoded path.
        query: query string, with or without its question mark.
    """
    decoded = unquote(path)
    for pattern, page in _TABLE:
        found = pattern.fullmatch(decoded)
        if found:
            slug = found.groupdict().get("slug", "")
            if page == "review":
                slug = first_value(query, "brand")
            return Route(page, slug, query.removeprefix("?") if page in {"brand", "compare"} else "")
    return Route("not_found")


def first_value(query: str, name: str) -> str:
    """Of a parameter that may be given twice; empty without one."""
    return parse_qs(query.removeprefix("?")).get(name, [""])[0]


def title_of(route: Route, brand_name: str = "") -> str:
    """A page's title; Flask, which asks the API for nothing, knows no brand's name."""
    if brand_name and route.page == "review":
        return f"Review {brand_name} · Opine"
    if brand_name and route.page == "brand":
        return f"{brand_name} · Opine"
    if brand_name and route.page == "compare":
        return f"{brand_name} compared · Opine"
    return _TITLES[route.page]


def status_of(route: Route, *, brand_missing: bool) -> HTTPStatus:
    """The status of a page: 404 where there is no such page, or no such brand."""
    missing = route.page == "not_found" or (bool(route.slug) and brand_missing)
    return HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK


def link(path: str) -> str:
    """A path as the browser needs it: below the prefix, where a proxy serves the app below one."""
    return request.script_root + path if has_request_context() else path


def brand_path(slug: str, *, term: str = "") -> str:
    """A brand's page, or on it the reviews that say a term."""
    path = link(f"/brands/{quote(slug, safe='')}")
    return f"{path}?{urlencode({'term': term})}" if term else path


def compare_path(*slugs: str) -> str:
    chosen = dict(zip("ab", slugs, strict=False))
    return link(f"/compare?{urlencode(chosen)}" if chosen else "/compare")


def review_path(slug: str) -> str:
    return link(f"/?brand={quote(slug, safe='')}")
