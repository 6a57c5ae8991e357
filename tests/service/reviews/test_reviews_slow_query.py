"""A query that takes too long is told apart from a database that is away."""

import pytest
from opine_common.deadlines import deadline
from opine_reviews.database import Database
from opine_reviews.errors import database_problem
from opine_reviews.settings import Settings
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError


def test_a_slow_query_is_ended_by_the_server_and_named(engine: Engine, settings: Settings) -> None:  # noqa: ARG001  ready
    database = Database(settings.model_copy(update={"database_timeout_s": 1.0}))
    with pytest.raises(DBAPIError) as slow, database.transaction() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    problem = database_problem(slow.value)
    assert problem is not None
    assert (problem.status, problem.kind) == (503, "database-slow")
    assert "Narrow the filters" in problem.detail
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_request_without_time_left_is_no_fault_of_the_database(engine: Engine, settings: Settings) -> None:  # noqa: ARG001  ready
    database = Database(settings)
    with deadline(0.2):
        with pytest.raises(DBAPIError) as late, database.transaction() as session:
            session.execute(text("SELECT pg_sleep(5)"))
        problem = database_problem(late.value)
    assert problem is not None
    assert (problem.status, problem.kind) == (504, "request-timeout")
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1
