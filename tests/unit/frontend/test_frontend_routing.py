from http import HTTPStatus

import pytest
from opine_frontend.routing import Route, brand_path, compare_path, first_value, match, review_path, status_of, title_of


@pytest.mark.parametrize(
    ("path", "query", "route"),
    [
        ("/", "", Route("review")),
        ("/", "?brand=nike", Route("review", "nike")),
        ("/", "brand=nike&x=1", Route("review", "nike")),
        ("/brands", "", Route("brands")),
        ("/brands/", "?brand=nike", Route("brands")),
        ("/brands/nike", "", Route("brand", "nike")),
        ("/brands/caf%C3%A9", "", Route("brand", "café")),
        ("/brands/nike", "?term=slow", Route("brand", "nike", "term=slow")),
        ("/compare", "?a=nike&b=zara", Route("compare", "", "a=nike&b=zara")),
        ("/compare/", "", Route("compare")),
        ("/admin", "", Route("admin")),
        ("/brands/nike/x", "", Route("not_found")),
        ("/Admin", "", Route("not_found")),
        ("/index.php", "?brand=nike", Route("not_found")),
    ],
)
def test_a_path_has_its_page(path: str, query: str, route: Route) -> None:
    assert match(path, query) == route


@pytest.mark.parametrize(
    ("route", "brand_missing", "status"),
    [
        (Route("review"), True, HTTPStatus.OK),
        (Route("review", "nike"), False, HTTPStatus.OK),
        (Route("review", "nope"), True, HTTPStatus.NOT_FOUND),
        (Route("brand", "nope"), True, HTTPStatus.NOT_FOUND),
        (Route("not_found"), False, HTTPStatus.NOT_FOUND),
    ],
)
def test_a_page_has_its_status(route: Route, brand_missing: bool, status: HTTPStatus) -> None:
    assert status_of(route, brand_missing=brand_missing) == status


@pytest.mark.parametrize("slug", ["nike", "a/b", "a?b&c", "ü"])
def test_links_lead_back_to_the_slug(slug: str) -> None:
    assert match(brand_path(slug)).slug in {slug, ""}
    assert first_value(compare_path("x", slug).split("?", 1)[1], "b") == slug
    assert first_value(brand_path("x", term=slug).split("?", 1)[1], "term") == slug
    path, query = review_path(slug).split("?", 1)
    assert match(path, query) == Route("review", slug)


def test_titles_name_the_brand() -> None:
    assert title_of(Route("brand", "nike"), "Nike") == "Nike · Opine"
    assert title_of(Route("compare"), "Nike and Zara") == "Nike and Zara compared · Opine"
    assert title_of(Route("brands")) == "Brands · Opine"
