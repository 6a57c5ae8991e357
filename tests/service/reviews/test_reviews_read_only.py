"""The API on connections to a PostgreSQL that has turned read-only, as a demoted primary is, and back."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from opine_local.ports import any_free
from opine_reviews.models import Review
from sqlalchemy import Engine, select, text

from tests.support.chart.rendering import SHAPES, render
from tests.support.postgres import running_postgres
from tests.support.reviews.pgbouncer import running_pgbouncer
from tests.support.reviews.rows import migrated
from tests.support.reviews.server import Api, serve
from tests.support.reviews.submitters import Submitters

END_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass
class Running:
    api: Api
    engine: Engine

    def turn(self, *, read_only: bool) -> None:
        """For new sessions; one that has begun stays as it is until its end."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            change = "SET default_transaction_read_only = on" if read_only else "RESET default_transaction_read_only"
            connection.execute(text(f"ALTER DATABASE opine {change}"))
            if read_only:
                connection.execute(END_SESSIONS)


@pytest.fixture(params=["direct", "through PgBouncer"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres(tmp_path))
        engine = migrated(postgres.url)
        url = postgres.url
        if request.param != "direct":
            (pooler,) = [one for one in render(SHAPES["production"]) if one["kind"] == "Pooler"]
            parameters = pooler["spec"]["pgbouncer"]["parameters"]
            url = stack.enter_context(running_pgbouncer(tmp_path, url, parameters))
        settings = {
            "database_url": url,
            "client_hash_key": "a key that is only used in these tests",
            "sentiment_url": f"http://127.0.0.1:{any_free()}",
        }
        api = stack.enter_context(serve(tmp_path, **settings))
        api.until("/readyz", 200)
        yield Running(api, engine)


def test_reviews_are_accepted_again_on_new_connections(running: Running) -> None:
    with Submitters(running.api) as submitters:
        submitters.until(201)
        running.turn(read_only=True)
        submitters.until(503)
        assert running.api.request("GET", "/api/v1/reviews").status == 200
        running.turn(read_only=False)
        # Each connection that a reader opened meanwhile fails one writer.
        submitters.until(201, more=60)
        recovered = len(submitters.outcomes)
        submitters.until(201, more=40)
    outcomes = submitters.outcomes
    assert {outcome.status for outcome in outcomes} == {201, 503}, running.api.log
    assert {outcome.status for outcome in outcomes[recovered:]} == {201}
    with running.engine.connect() as connection:
        stored = {row.text: row.id for row in connection.execute(select(Review.text, Review.id))}
    assert stored == {outcome.text: outcome.review_id for outcome in outcomes if outcome.status == 201}
