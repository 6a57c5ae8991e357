"""The API under gunicorn while PostgreSQL is away, killed, or frozen."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from opine_local.ports import any_free
from opine_reviews.models import Review
from sqlalchemy import NullPool, create_engine, select

from tests.support.postgres import Postgres
from tests.support.reviews.rows import migrated, submission
from tests.support.reviews.server import Api, serve
from tests.support.reviews.submitters import Submitters


@dataclass
class Running:
    api: Api
    postgres: Postgres

    def stored(self) -> dict[str, list[int]]:
        """The ids of all reviews by text."""
        engine = create_engine(self.postgres.url, poolclass=NullPool)
        found: dict[str, list[int]] = {}
        with engine.connect() as connection:
            for text, review_id in connection.execute(select(Review.text, Review.id)):
                found.setdefault(text, []).append(review_id)
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An API with default limits that was started while its PostgreSQL was away, as it still is; sentiment is too."""
    postgres = Postgres(tmp_path_factory.mktemp("outage"))
    settings = {
        "database_url": postgres.url,
        "client_hash_key": "a key that is only used in these tests",
        "sentiment_url": f"http://127.0.0.1:{any_free()}",
    }
    try:
        with serve(tmp_path_factory.mktemp("api"), **settings) as api:
            yield Running(api, postgres)
    finally:
        postgres.close()


def test_the_api_starts_without_its_database_and_is_ready_unless_the_schema_is_missing(running: Running) -> None:
    api = running.api
    api.until("/livez", 200)
    api.until("/readyz", 200)
    for method, path, body in [
        ("GET", "/api/v1/reviews", None),
        ("POST", "/api/v1/reviews", submission()),
    ]:
        answer = api.request(method, path, **({} if body is None else {"json": body}))
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["type"] == "urn:opine:problem:database-unavailable"

    running.postgres.start()
    api.until("/readyz", 503)
    migrated(running.postgres.url)
    api.until("/readyz", 200)


def test_reviews_are_taken_while_sentiment_is_away(running: Running) -> None:
    answer = running.api.request("POST", "/api/v1/predictions", json={"text": "Fine"})
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["type"] == "urn:opine:problem:sentiment-unavailable"
    assert running.api.request("POST", "/api/v1/reviews", json=submission(text="kept")).status == 201
    assert len(running.stored()["kept"]) == 1


def test_no_accepted_review_is_lost_whatever_happens_to_postgresql(running: Running) -> None:
    api, postgres = running.api, running.postgres
    workers = api.workers()
    with Submitters(api) as submitters:
        submitters.until(201)
        postgres.kill()
        submitters.until(503)
        assert api.request("GET", "/livez").status == 200
        assert api.request("GET", "/readyz").status == 200
        postgres.start()
        submitters.until(201)

        postgres.freeze()
        submitters.until(503, more=4)
        assert api.request("GET", "/livez").status == 200
        assert api.request("GET", "/readyz").status == 200
        postgres.resume()
        submitters.until(201)
    api.until("/readyz", 200)

    outcomes = submitters.outcomes
    assert {outcome.status for outcome in outcomes} == {201, 503}, api.log
    assert {outcome.retry_after for outcome in outcomes if outcome.status == 503} == {"5"}
    assert max(outcome.took_s for outcome in outcomes) < 8
    stored = running.stored()
    assert all(len(ids) == 1 for ids in stored.values())
    assert [
        outcome for outcome in outcomes if outcome.status == 201 and stored.get(outcome.text) != [outcome.review_id]
    ] == []
    assert api.workers() == workers
    assert len(workers) == 2


def test_what_was_answered_503_can_be_sent_again_without_a_double(running: Running) -> None:
    with Submitters(running.api) as submitters:
        submitters.until(201, more=4)
        running.postgres.kill()
        submitters.until(503, more=8)
        running.postgres.start()
        submitters.until(201, more=4)
    for outcome in submitters.outcomes:
        body = submission(text=outcome.text)
        answer = running.api.request("POST", "/api/v1/reviews", json=body, headers={"Idempotency-Key": outcome.text})
        assert answer.status == 201
        assert outcome.review_id in (None, answer.json()["id"])
    stored = running.stored()
    assert all(len(stored[outcome.text]) == 1 for outcome in submitters.outcomes)


def test_connections_that_died_while_nobody_used_them_are_replaced_unnoticed(running: Running) -> None:
    with Submitters(running.api) as submitters:
        submitters.until(201)
    running.postgres.kill()
    running.postgres.start()
    with Submitters(running.api) as submitters:
        submitters.until(201)
    assert {outcome.status for outcome in submitters.outcomes} == {201}
