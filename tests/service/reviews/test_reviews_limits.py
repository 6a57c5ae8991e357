"""How much one client may do."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from sqlalchemy import Engine, text

from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.checks import error_of_2019, problem
from tests.support.reviews.rows import form_of_2019, submission

Limited = Callable[..., FlaskClient]


@pytest.fixture(params=["memory", "postgresql"])
def limited(settings: Settings, engine: Engine, sentiment: FakeSentiment, request: pytest.FixtureRequest) -> Limited:
    assert engine
    assert sentiment.mode == "ok"

    def make(**changed: object) -> FlaskClient:
        app = create_app(settings.model_copy(update={"limit_store": request.param, **changed}))
        return app.test_client()

    return make


def test_too_many_reviews_are_429_and_say_when_to_come_again(limited: Limited) -> None:
    client = limited(submissions_limit="3 per minute")
    statuses = [client.post("/api/v1/reviews", json=submission()).status_code for _ in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    response = client.post("/api/v1/reviews", json=submission())
    details = problem(response, 429, "too-many-requests")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert "3 per 1 minute" in details["detail"]
    assert error_of_2019(client.post("/api/review", data=form_of_2019()), 429).startswith("Too many reviews")


def test_the_tighter_of_two_limits_holds(limited: Limited) -> None:
    client = limited(submissions_limit="100 per minute; 2 per day")
    statuses = [client.post("/api/v1/reviews", json=submission()).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]


@pytest.mark.parametrize("route", ["/api/v1/predictions", "/api/predict"])
def test_too_many_predictions_are_429(limited: Limited, route: str) -> None:
    client = limited(predictions_limit="2 per minute")
    given = {"json": {"text": "Fine"}} if route.startswith("/api/v1") else {"data": {"review": "Fine"}}
    assert [client.post(route, **given).status_code for _ in range(3)] == [200, 200, 429]


def test_new_brands_are_counted_apart_and_known_ones_are_free(limited: Limited) -> None:
    client = limited(brands_limit="2 per hour")
    for name, status in (("First", 200), ("Second", 200), ("Third", 429), ("Second", 200), ("Nike", 200)):
        assert client.post("/api/review", data=form_of_2019(brand=name)).status_code == status, name


def test_each_client_has_its_own_share_behind_a_trusted_proxy_only(limited: Limited) -> None:
    for hops, statuses in ((1, [201, 201, 429]), (0, [201, 429, 429])):
        client = limited(submissions_limit="1 per minute", trusted_proxies=hops)
        addresses = ["198.51.100.1", "198.51.100.2", "198.51.100.1"]
        own = {"REMOTE_ADDR": f"203.0.113.{hops}"}
        answers = [
            client.post(
                "/api/v1/reviews", json=submission(), headers={"X-Forwarded-For": address}, environ_overrides=own
            )
            for address in addresses
        ]
        assert [answer.status_code for answer in answers] == statuses


def test_the_store_keeps_no_address(limited: Limited, engine: Engine) -> None:
    limited(submissions_limit="1 per minute").post("/api/v1/reviews", json=submission())
    with engine.connect() as connection:
        keys = connection.scalars(text("SELECT key FROM rate_limit")).all()
    assert all("127.0.0.1" not in key for key in keys)


def test_processes_share_what_postgresql_counts(settings: Settings, engine: Engine) -> None:
    assert engine
    shared = settings.model_copy(update={"limit_store": "postgresql", "submissions_limit": "2 per minute"})
    clients = [create_app(shared).test_client() for _ in range(3)]
    assert [client.post("/api/v1/reviews", json=submission()).status_code for client in clients] == [201, 201, 429]


def test_a_limit_that_cannot_be_read_ends_the_start(settings: Settings) -> None:
    with pytest.raises(ValueError, match="must be rates such as"):
        Settings.model_validate(settings.model_dump() | {"submissions_limit": "many"})
