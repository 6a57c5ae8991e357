"""The API under many clients while PostgreSQL or the model hangs."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import urllib3
from opine_local.ports import any_free

from tests.support.fake_sentiment import FakeSentiment
from tests.support.postgres import Postgres, running_postgres
from tests.support.reviews.rows import migrated, submission
from tests.support.reviews.server import Api, serve

CLIENTS = 60
PREDICTION = {"text": "Fine"}
# A probe of the kubelet waits no longer.
PROBE_S = 3.0
# A database's or a model's time-out, the wait for a thread, and a machine that is busy.
BOUND_S = 12.0


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("hanging")) as postgres:
        migrated(postgres.url)
        yield postgres


@pytest.fixture(scope="module")
def management() -> str:
    return f"127.0.0.1:{any_free()}"


@pytest.fixture(scope="module")
def api(
    own_postgres: Postgres, shared_sentiment: FakeSentiment, management: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    given = {
        "database_url": own_postgres.url,
        "client_hash_key": "a key that is only used in these tests",
        "sentiment_url": shared_sentiment.url,
        "management_bind": management,
    }
    with serve(tmp_path_factory.mktemp("api"), **given) as running:
        running.until("/readyz", 200)
        yield running


@contextmanager
def many(
    api: Api, method: str, path: str, json: object = None, *, clients: int = CLIENTS
) -> Iterator[list[Future[urllib3.BaseHTTPResponse]]]:
    """Requests of as many clients, each with its own connection; at the end of the block all are answered."""
    with (
        urllib3.PoolManager(maxsize=clients, retries=False, timeout=BOUND_S) as http,
        ThreadPoolExecutor(clients) as pool,
    ):
        gate = threading.Barrier(clients)

        def ask() -> urllib3.BaseHTTPResponse:
            gate.wait()
            return http.request(method, api.url + path, json=json)

        yield [pool.submit(ask) for _ in range(clients)]


def probes(management: str) -> list[int]:
    paths = ("/livez", "/readyz", "/metrics")
    return [
        urllib3.request("GET", f"http://{management}{path}", timeout=PROBE_S, retries=False).status for path in paths
    ]


def test_while_postgresql_hangs_all_are_answered_and_predictions_go_on(
    api: Api, own_postgres: Postgres, sentiment: FakeSentiment, management: str
) -> None:
    assert sentiment.mode == "ok"
    own_postgres.freeze()
    try:
        for method, path, json in (("GET", "/api/v1/reviews", None), ("POST", "/api/v1/reviews", submission())):
            with many(api, method, path, json) as answers:
                for _ in range(5):
                    assert probes(management) == [200, 200, 200]
                    assert api.request("POST", "/api/v1/predictions", json=PREDICTION).status == 200
            assert {answer.result().status for answer in answers} == {503}
            assert all("Retry-After" in answer.result().headers for answer in answers)
    finally:
        own_postgres.resume()
    assert api.request("GET", "/api/v1/reviews").status == 200


def test_while_the_model_hangs_all_are_answered_and_reviews_go_on(
    api: Api, sentiment: FakeSentiment, management: str
) -> None:
    sentiment.mode = "slow"
    try:
        with many(api, "POST", "/api/v1/predictions", PREDICTION) as answers:
            for _ in range(5):
                assert probes(management) == [200, 200, 200]
                assert api.request("GET", "/api/v1/reviews").status == 200
    finally:
        sentiment.released.set()
    assert {answer.result().status for answer in answers} <= {503, 504}


def test_a_model_that_takes_a_moment_makes_many_wait_and_refuses_nobody(api: Api, sentiment: FakeSentiment) -> None:
    sentiment.mode = "in a moment"
    with many(api, "POST", "/api/v1/predictions", PREDICTION, clients=32) as answers:
        pass
    assert {answer.result().status for answer in answers} == {200}


def test_a_database_that_is_away_leaves_the_api_ready(
    api: Api, own_postgres: Postgres, sentiment: FakeSentiment, management: str
) -> None:
    assert sentiment.mode == "ok"
    own_postgres.kill()
    try:
        assert probes(management) == [200, 200, 200]
        assert api.request("GET", "/api/v1/reviews").status == 503
        assert api.request("POST", "/api/v1/predictions", json=PREDICTION).status == 200
    finally:
        own_postgres.start()
