import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import shown_prediction, submission

ROUTE = "/api/v1/reviews"


def _submit(client: FlaskClient, key: str, **changed: object) -> TestResponse:
    return client.post(ROUTE, json=submission(**changed), headers={"Idempotency-Key": key})


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM review")).scalar_one())


def test_the_same_again_is_the_same_review(client: FlaskClient, engine: Engine) -> None:
    first = _submit(client, "one")
    again = _submit(client, "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert _count(engine) == 1


def test_what_means_the_same_is_the_same(client: FlaskClient, engine: Engine) -> None:
    first = _submit(client, "one", text="Great shop!", prediction=None)
    spaced = b'{ "stars":5,"text":" Great\\u0020shop!\\r\\n", "brand":"nike" }'
    again = client.post(ROUTE, data=spaced, content_type="application/json", headers={"Idempotency-Key": "one"})
    assert again.get_json() == first.get_json()
    assert _count(engine) == 1


def test_line_ends_make_no_other_body(client: FlaskClient, engine: Engine) -> None:
    first = _submit(client, "one", text="Great\nshop!")
    again = _submit(client, "one", text="Great\r\nshop!")
    assert again.get_json() == first.get_json()
    assert _count(engine) == 1


def test_a_retry_may_have_lost_its_prediction(client: FlaskClient, engine: Engine) -> None:
    first = _submit(client, "one", prediction=shown_prediction(client))
    again = _submit(client, "one", prediction=None)
    assert again.get_json() == first.get_json()
    assert _count(engine) == 1


@pytest.mark.parametrize("changed", [{"stars": 4}, {"text": "great shop!"}, {"brand": "zara"}])
def test_another_body_with_the_same_key_is_422(client: FlaskClient, engine: Engine, changed: dict[str, object]) -> None:
    _submit(client, "one")
    problem(_submit(client, "one", **changed), 422, "idempotency-key-reused")
    assert _count(engine) == 1


def test_without_a_key_or_with_another_each_is_a_review(client: FlaskClient, engine: Engine) -> None:
    for _ in range(2):
        client.post(ROUTE, json=submission())
    _submit(client, "one")
    _submit(client, "two")
    assert _count(engine) == 4


def test_a_refused_body_does_not_use_its_key_up(client: FlaskClient) -> None:
    problem(_submit(client, "one", stars=9), 422, "invalid-request", field="stars")
    problem(_submit(client, "one", brand="nobody"), 422, "invalid-request", field="brand")
    response = _submit(client, "one")
    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response.headers


def test_a_deleted_review_frees_its_key(client: FlaskClient, admin: dict[str, str]) -> None:
    first = _submit(client, "one").get_json()
    client.delete(f"{ROUTE}/{first['id']}", headers=admin)
    assert _submit(client, "one").get_json()["id"] != first["id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "a" * 256])
def test_a_key_that_is_none_is_422(client: FlaskClient, engine: Engine, key: str) -> None:
    problem(_submit(client, key), 422, "invalid-request", field="Idempotency-Key")
    assert _count(engine) == 0


def test_sixteen_at_once_are_one_review(app: Flask, client: FlaskClient, engine: Engine) -> None:
    assert client.application is app
    for _ in range(4):
        key = secrets.token_hex(16)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: _submit(app.test_client(), key), range(16)))  # noqa: B023  used at once
        assert [answer.status_code for answer in answers] == [201] * 16
        assert len({answer.get_json()["id"] for answer in answers}) == 1
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 15
    assert _count(engine) == 4
