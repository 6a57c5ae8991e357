"""What is no JSON object, or too much of it."""

import json

import pytest
from flask.testing import FlaskClient

from tests.support.reviews.checks import error_of_2019, problem
from tests.support.reviews.rows import form_of_2019, submission

POSTS = ["/api/v1/reviews", "/api/v1/predictions"]


@pytest.mark.parametrize("route", POSTS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"text": "a"} x',
        b'{"text": "\xff"}',
        b'{"stars": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
    ids=["nothing", "open", "rest", "latin-1", "huge number", "deep"],
)
def test_what_is_no_json_is_400(client: FlaskClient, route: str, content: bytes) -> None:
    problem(client.post(route, data=content, content_type="application/json"), 400, "malformed-json")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000])
def test_what_is_put_is_checked_as_what_is_posted(client: FlaskClient, content: bytes) -> None:
    route = "/api/v1/releases/1/findings/judgement"
    problem(client.put(route, data=content, content_type="application/json"), 400, "malformed-json")
    problem(client.put(route, data=b"{}", content_type="text/plain"), 415)
    problem(client.put(route, json=[]), 422, "invalid-request", field="body")


@pytest.mark.parametrize("route", POSTS)
@pytest.mark.parametrize("content", [b"[]", b"null", b'"text"', b"5", b"true"])
def test_json_that_is_no_object_is_422(client: FlaskClient, route: str, content: bytes) -> None:
    response = client.post(route, data=content, content_type="application/json")
    problem(response, 422, "invalid-request", field="body")


@pytest.mark.parametrize("route", POSTS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_type_is_415(client: FlaskClient, route: str, content_type: str) -> None:
    problem(client.post(route, data=json.dumps(submission()), content_type=content_type), 415)


def test_a_charset_beside_the_type_is_fine(client: FlaskClient) -> None:
    content_type = "Application/JSON; charset=utf-8"
    response = client.post("/api/v1/reviews", data=json.dumps(submission()), content_type=content_type)
    assert response.status_code == 201


@pytest.mark.parametrize("route", POSTS)
def test_a_body_over_the_limit_is_413(client: FlaskClient, route: str) -> None:
    content = b'{"text": "' + b"a" * 262_144 + b'"}'
    problem(client.post(route, data=content, content_type="application/json"), 413)


@pytest.mark.parametrize("route", ["/api/predict", "/api/review"])
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_over_the_limit_is_413_in_the_form_of_2019(client: FlaskClient, route: str, content_type: str) -> None:
    response = client.post(route, data=form_of_2019(review="a" * 262_144), content_type=content_type)
    error_of_2019(response, 413)


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("PUT", "/api/v1/reviews", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("GET", "/api/v1/predictions", {"OPTIONS", "POST"}),
        ("POST", "/api/v1/brands", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/api/v1/brands/nike", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/api/v1/reviews/1", {"DELETE", "OPTIONS"}),
        ("POST", "/readyz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method_is_405_and_tells_the_allowed(
    client: FlaskClient, method: str, route: str, allowed: set[str]
) -> None:
    response = client.open(route, method=method)
    problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    ("method", "route"), [("GET", "/api/predict"), ("PUT", "/api/review"), ("POST", "/api/reviews")]
)
def test_another_method_on_a_route_of_2019_is_405_in_its_form(client: FlaskClient, method: str, route: str) -> None:
    error_of_2019(client.open(route, method=method), 405)


@pytest.mark.parametrize("route", ["/", "/api/v1", "/api/v1/reviews/", "/api/v1/reviews/x", "/api/predict/", "/docs"])
def test_an_unknown_path_is_404(client: FlaskClient, route: str) -> None:
    problem(client.get(route), 404)
