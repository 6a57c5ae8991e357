"""Readiness: PostgreSQL answers and its schema suffices."""

import functools

from flask import Flask, Response
from sqlalchemy import text

from opine_reviews.problems import Problem
from opine_reviews.schema import expected_revision, is_sufficient
from opine_reviews.services import services


def register_readiness(app: Flask) -> None:
    app.add_url_rule("/readyz", "readyz", _readyz)


def _readyz() -> Response:
    # Errors of the connection and of a missing table become 503 like everywhere else.
    with services().database.transaction() as session:
        found = session.scalar(text("SELECT version_num FROM alembic_version"))
    expected = _expected()
    if not is_sufficient(found, expected):
        raise Problem(
            503,
            f"The schema is at revision {found}, this code needs {expected}: run `opine-reviews migrate`.",
            kind="schema-behind",
            headers={"Retry-After": "5"},
        )
    return Response("ready\n", content_type="text/plain; charset=utf-8")


_expected = functools.cache(expected_revision)
