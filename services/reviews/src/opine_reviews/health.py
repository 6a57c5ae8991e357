"""Readiness: PostgreSQL answers and its schema suffices."""

from flask import Flask, Response

from opine_reviews.problems import Problem
from opine_reviews.schema import expected_revision, found_revision, is_sufficient
from opine_reviews.services import services


def register_readiness(app: Flask) -> None:
    app.add_url_rule("/readyz", "readyz", _readyz)


def _readyz() -> Response:
    # Errors of the connection and of a missing table become 503 like everywhere else.
    with services().database.transaction() as session:
        found = found_revision(session)
    expected = expected_revision()
    if not is_sufficient(found, expected):
        raise Problem(
            503,
            f"The schema is at revision {found}, this code needs {expected}: run `opine-reviews migrate`.",
            kind="schema-behind",
            headers={"Retry-After": "5"},
        )
    return Response("ready\n", content_type="text/plain; charset=utf-8")
