import datetime as dt
import json

import pytest
from flask.testing import FlaskClient
from opine_reviews.models import Review
from sqlalchemy import Engine, func, select

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import submission


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Review)) or 0


def test_a_review_is_stored_and_answered_whole(client: FlaskClient, engine: Engine) -> None:
    before = dt.datetime.now(dt.UTC)
    response = client.post("/api/v1/reviews", json=submission(text="  Schön 😀\n"))
    assert response.status_code == 201, response.text
    assert response.content_type == "application/json"
    review = response.get_json()
    created_at = review.pop("created_at")
    assert created_at.endswith("Z")
    assert abs(dt.datetime.fromisoformat(created_at) - before) < dt.timedelta(minutes=1)
    assert isinstance(review.pop("id"), int)
    assert review == {
        "brand": {"slug": "nike", "name": "Nike"},
        "text": "Schön 😀",
        "stars": 5,
        "prediction": submission()["prediction"],
    }
    assert _count(engine) == 1


@pytest.mark.parametrize("absent", [{"prediction": None}, {}])
def test_a_review_needs_no_prediction(client: FlaskClient, absent: dict[str, None]) -> None:
    body = {"brand": "nike", "text": "Fine", "stars": 3} | absent
    response = client.post("/api/v1/reviews", json=body)
    assert response.status_code == 201
    assert response.get_json()["prediction"] is None


def test_only_a_hash_and_a_family_are_kept_of_the_client(client: FlaskClient, engine: Engine) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    answer = client.post("/api/v1/reviews", json=submission(), headers={"User-Agent": agent})
    with engine.connect() as connection:
        row = connection.execute(select(Review.__table__)).mappings().one()
    assert len(row["client_hash"]) == 32
    assert row["user_agent_family"] == "Firefox"
    assert not any(hidden in str(dict(row)) + answer.text for hidden in ("127.0.0.1", "Gecko"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"brand": "nobody"}, "brand"),
        ({"brand": "Nike"}, "brand"),
        ({"brand": "nike\x00"}, "brand"),
        ({"brand": "\ud800"}, "brand"),
        ({"brand": None}, "brand"),
        ({"text": ""}, "text"),
        ({"text": " \n\u2003"}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "a\ud800b"}, "text"),
        ({"text": "a" * 20_001}, "text"),
        ({"text": 5}, "text"),
        ({"stars": 0}, "stars"),
        ({"stars": 6}, "stars"),
        ({"stars": 2**70}, "stars"),
        ({"stars": 4.0}, "stars"),
        ({"stars": "4"}, "stars"),
        ({"stars": True}, "stars"),
        ({"prediction": {}}, "prediction.stars"),
        ({"prediction": {"stars": 5, "score": 1.1, "label": "good", "model": {}}}, "prediction.score"),
        ({"prediction": {"stars": 5, "score": float("nan"), "label": "good", "model": {}}}, "prediction.score"),
        ({"prediction": {"stars": 5, "score": 1, "label": "great", "model": {}}}, "prediction.label"),
        ({"prediction": {"stars": 5, "score": 1, "label": "good", "model": {"name": "a b"}}}, "prediction.model.name"),
        ({"ip_address": "192.0.2.7"}, "ip_address"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    client: FlaskClient, engine: Engine, changed: dict[str, object], field: str
) -> None:
    response = client.post("/api/v1/reviews", data=json.dumps(submission(**changed)), content_type="application/json")
    problem(response, 422, "invalid-request", field=field)
    assert _count(engine) == 0


def test_a_field_name_that_is_no_unicode_is_refused(client: FlaskClient) -> None:
    body = json.dumps(submission() | {"\ud800": 1})
    response = client.post("/api/v1/reviews", data=body, content_type="application/json")
    assert len(problem(response, 422, "invalid-request")["errors"]) == 1


def test_the_longest_text_is_counted_in_code_points(client: FlaskClient) -> None:
    longest = "😀" * 20_000
    response = client.post("/api/v1/reviews", data=json.dumps(submission(text=longest), ensure_ascii=False).encode(),
                           content_type="application/json")  # fmt: skip
    assert response.status_code == 201
    assert response.get_json()["text"] == longest


def test_missing_fields_are_all_named(client: FlaskClient) -> None:
    details = problem(client.post("/api/v1/reviews", json={}), 422, "invalid-request")
    assert {error["field"] for error in details["errors"]} == {"brand", "text", "stars"}
