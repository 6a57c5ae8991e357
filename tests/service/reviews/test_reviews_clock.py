"""The clock of the API's machine is set forward or back, by an hour or by a year.

Pods share their node's clock, so no drill on a cluster can set one: `time.time` is set instead, which all of them would
read. Deadlines, queues and connections go by the monotonic clock, which nobody can set.
"""

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from opine_common import deadlines
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from sqlalchemy import Engine

from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.rows import submission

HOUR_S, YEAR_S = 3600.0, 365 * 86_400.0
JUMPS = pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S, YEAR_S, -YEAR_S])


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    real = time.time

    def jump(seconds: float) -> None:
        monkeypatch.setattr("time.time", lambda: real() + seconds)

    return jump


@JUMPS
def test_a_prediction_of_before_is_believed(
    client: FlaskClient, sentiment: FakeSentiment, jump: Callable[[float], None], seconds: float
) -> None:
    assert sentiment.mode == "ok"
    review = submission()
    made = client.post("/api/v1/predictions", json={"text": review["text"]}).get_json()
    offered = made["prediction"] | {"model": made["model"], "signature": made["signature"]}
    jump(seconds)
    stored = client.post("/api/v1/reviews", json=review | {"prediction": offered})
    assert stored.status_code == 201
    assert stored.get_json()["prediction"]["stars"] == made["prediction"]["stars"]


@JUMPS
def test_the_next_page_of_a_list_begins_where_the_last_one_ended(
    client: FlaskClient, jump: Callable[[float], None], seconds: float
) -> None:
    ids = [client.post("/api/v1/reviews", json=submission()).get_json()["id"]]
    jump(seconds)
    ids += [client.post("/api/v1/reviews", json=submission()).get_json()["id"] for _ in range(2)]
    first = client.get("/api/v1/reviews?limit=2").get_json()
    jump(-seconds)
    second = client.get(f"/api/v1/reviews?limit=2&cursor={first['next_cursor']}").get_json()
    assert [item["id"] for item in [*first["items"], *second["items"]]] == ids[::-1]


@JUMPS
def test_a_deadline_is_as_far_away_as_before(jump: Callable[[float], None], seconds: float) -> None:
    with deadlines.deadline(10):
        jump(seconds)
        assert 0 < deadlines.remaining_s() <= 10


@pytest.mark.parametrize("store", ["memory", "postgresql"])
@pytest.mark.parametrize("seconds", [-HOUR_S, -YEAR_S])
def test_who_is_limited_is_never_told_to_wait_longer_than_the_limits_window(
    settings: Settings, engine: Engine, jump: Callable[[float], None], store: str, seconds: float
) -> None:
    assert engine
    app = create_app(settings.model_copy(update={"limit_store": store, "submissions_limit": "1 per minute"}))
    client = app.test_client()
    assert client.post("/api/v1/reviews", json=submission()).status_code == 201
    jump(seconds)
    refused = client.post("/api/v1/reviews", json=submission())
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_windows_in_memory_end_by_this_machines_clock_and_shared_ones_by_postgresqls(
    settings: Settings, engine: Engine, jump: Callable[[float], None]
) -> None:
    assert engine
    clients = [
        create_app(
            settings.model_copy(update={"limit_store": store, "submissions_limit": "1 per minute"})
        ).test_client()
        for store in ("memory", "postgresql")
    ]
    assert [client.post("/api/v1/reviews", json=submission()).status_code for client in clients] == [201, 201]
    jump(HOUR_S)
    assert [client.post("/api/v1/reviews", json=submission()).status_code for client in clients] == [201, 429]
