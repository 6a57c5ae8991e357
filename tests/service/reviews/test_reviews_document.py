"""The OpenAPI document, and the API against what it says there."""

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema
from sqlalchemy import Engine

from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.rows import add_brands, add_reviews, add_run, add_scraped_reviews, empty_tables, scored

DOCUMENT = "/api/v1/openapi.json"

ROUTES = {
    "/api/v1/brands": {"get"},
    "/api/v1/brands/random": {"get"},
    "/api/v1/brands/{slug}": {"get"},
    "/api/v1/brands/{slug}/summary": {"get"},
    "/api/v1/brands/{slug}/terms": {"get"},
    "/api/v1/brands/{slug}/trend": {"get"},
    "/api/v1/drift": {"get"},
    "/api/v1/models": {"get", "post"},
    "/api/v1/models/{digest}": {"get"},
    "/api/v1/models/{digest}/artefact": {"get"},
    "/api/v1/predictions": {"post"},
    "/api/v1/proposals": {"get"},
    "/api/v1/release-events": {"get"},
    "/api/v1/release-plan": {"get"},
    "/api/v1/release-plan/pin": {"post"},
    "/api/v1/releases": {"get", "post"},
    "/api/v1/releases/{id}": {"get"},
    "/api/v1/releases/{id}/advance": {"post"},
    "/api/v1/releases/{id}/flips": {"get"},
    "/api/v1/releases/{id}/promote": {"post"},
    "/api/v1/releases/{id}/rollback": {"post"},
    "/api/v1/releases/{id}/findings/{kind}": {"put"},
    "/api/v1/reviews": {"get", "post"},
    "/api/v1/reviews.csv": {"get"},
    "/api/v1/reviews/{id}": {"delete"},
    "/api/v1/reviews/{id}/report": {"post"},
    "/api/v1/moderation": {"get", "post"},
    "/api/v1/admin-sessions/{session_id}": {"get", "delete"},
    "/api/v1/reviews/{id}/provenance": {"get"},
    "/api/v1/rising-brands": {"get"},
    "/api/v1/scrape-runs": {"get"},
    "/api/v1/scraped-reviews": {"get"},
    "/api/v1/training-runs": {"get", "post"},
    "/api/v1/training-runs/{id}/end": {"post"},
    "/api/v1/sectors": {"get"},
}


@pytest.fixture
def document(client: FlaskClient) -> Any:  # noqa: ANN401  JSON
    return client.get(DOCUMENT).get_json()


def test_the_document_is_openapi_3_1_and_lists_exactly_the_routes(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {path: set(operations) for path, operations in document["paths"].items()} == ROUTES


def test_no_route_is_missing_from_the_document(app: Flask) -> None:
    rules = {re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert {rule for rule in rules if rule.startswith("/api/v1/")} == {*ROUTES, DOCUMENT}
    assert rules - {*ROUTES, DOCUMENT} == {
        "/api/predict",
        "/api/review",
        "/api/reviews",
        "/livez",
        "/readyz",
        "/metrics",
    }


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert "503" in errors, path
            for answer in errors.values():
                assert set(answer["content"]) == {"application/problem+json"}, path


def test_admin_routes_are_documented_as_such(document: dict[str, Any]) -> None:
    secured = {
        (scheme, path)
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for needed in operation.get("security", [])
        for scheme in needed
    }
    assert secured == {
        ("admin", "/api/v1/admin-sessions/{session_id}"),
        ("admin", "/api/v1/moderation"),
        ("admin", "/api/v1/reviews.csv"),
        ("admin", "/api/v1/reviews/{id}"),
        ("admin", "/api/v1/scrape-runs"),
        ("registry", "/api/v1/models"),
        ("registry", "/api/v1/reviews/{id}/provenance"),
        *[
            (scheme, f"/api/v1/{path}")
            for scheme in ("registry", "admin")
            for path in (
                "drift",
                "proposals",
                "release-plan/pin",
                "releases",
                "training-runs",
                "training-runs/{id}/end",
            )
        ],
        *[
            (scheme, f"/api/v1/releases/{{id}}/{path}")
            for scheme in ("registry", "admin")
            for path in ("advance", "promote", "rollback", "flips", "findings/{kind}")
        ],
    }
    bearer = {"type": "http", "scheme": "bearer"}
    assert document["components"]["securitySchemes"] == {"admin": bearer, "registry": bearer}


@pytest.fixture(scope="module")
def described(app: Flask, migrated: Engine, shared_sentiment: FakeSentiment) -> OpenApiSchema:
    shared_sentiment.reset()
    empty_tables(migrated)
    add_brands(migrated)
    add_scraped_reviews(migrated, [{"stars": number} for number in range(1, 4)])
    add_run(migrated)
    add_reviews(migrated, [{"stars": number, **scored(number / 5, stars=number)} for number in range(1, 6)])
    return schemathesis.openapi.from_wsgi(DOCUMENT, app)


OPERATIONS = [(path, method) for path in ROUTES for method in sorted(ROUTES[path])]
schemathesis.serializer.alias("application/x-tar", "application/octet-stream")
# Here a 422 may also come from what no schema tells: a cursor of another query, a brand that is not there, half of a
# surrogate pair.
BEYOND_THE_SCHEMA = {
    ("/api/v1/brands", "get"),
    ("/api/v1/models", "get"),
    ("/api/v1/models", "post"),
    ("/api/v1/release-plan/pin", "post"),
    ("/api/v1/releases", "post"),
    *((f"/api/v1/releases/{{id}}/{step}", "post") for step in ("advance", "promote", "rollback")),
    ("/api/v1/releases/{id}/findings/{kind}", "put"),
    ("/api/v1/proposals", "get"),
    ("/api/v1/releases/{id}/flips", "get"),
    ("/api/v1/release-events", "get"),
    ("/api/v1/releases", "get"),
    ("/api/v1/reviews", "get"),
    ("/api/v1/reviews", "post"),
    ("/api/v1/reviews.csv", "get"),
    ("/api/v1/scraped-reviews", "get"),
    ("/api/v1/training-runs", "get"),
    ("/api/v1/training-runs", "post"),
    ("/api/v1/training-runs/{id}/end", "post"),
}
ANYTHING_IS_VALID = {
    "/api/v1/brands/{slug}",
    "/api/v1/brands/{slug}/summary",
    "/api/v1/rising-brands",
    "/api/v1/sectors",
    "/api/v1/release-plan",
}


def _check(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, excluded: list[CheckFunction]) -> None:
    @hypothesis.settings(max_examples=15, deadline=None, derandomize=True, database=None)
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(excluded_checks=excluded)

    check()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_valid_requests_get_what_the_document_says(described: OpenApiSchema, path: str, method: str) -> None:
    excluded: list[CheckFunction] = [positive_data_acceptance] if (path, method) in BEYOND_THE_SCHEMA else []
    _check(described[path][method], GenerationMode.POSITIVE, excluded)


@pytest.mark.parametrize(("path", "method"), [one for one in OPERATIONS if one[0] not in ANYTHING_IS_VALID])
def test_invalid_requests_are_refused_as_the_document_says(described: OpenApiSchema, path: str, method: str) -> None:
    _check(described[path][method], GenerationMode.NEGATIVE, [])
