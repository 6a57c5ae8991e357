import datetime as dt
import json

import pytest
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.models import Review
from opine_reviews.settings import Settings
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import shown_prediction, submission


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Review)) or 0


def test_a_review_is_stored_and_answered_whole(client: FlaskClient, engine: Engine) -> None:
    before = dt.datetime.now(dt.UTC)
    shown = shown_prediction(client, "Schön 😀")
    response = client.post("/api/v1/reviews", json=submission(text="  Schön 😀\n", prediction=shown))
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
        "prediction": {name: shown[name] for name in ("stars", "score", "label", "model")},
        "demo": False,
    }
    assert _count(engine) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"stars": 4},
        {"score": 0.0},
        {"label": "average"},
        {"model": {"name": "opine-charcnn", "version": "1.0.1"}},
        {"model": None},
        {"signature": ""},
        {"signature": "no signature"},
    ],
    ids=str,
)
def test_an_invented_prediction_is_not_kept(client: FlaskClient, changed: dict[str, object]) -> None:
    shown = shown_prediction(client) | changed
    body = json.dumps(submission(stars=1, prediction=shown))
    response = client.post("/api/v1/reviews", data=body, content_type="application/json")
    assert response.status_code == 201
    assert (response.get_json()["stars"], response.get_json()["prediction"]) == (1, None)


def test_stars_that_nobody_should_rely_on_were_no_proposal(client: FlaskClient) -> None:
    text = "Sehr schlecht, nie wieder!"
    shown = shown_prediction(client, text)
    assert shown["abstention"] == "language"
    before = _rejected()
    review = client.post("/api/v1/reviews", json=submission(text=text, stars=1, prediction=shown)).get_json()
    assert (review["stars"], review["prediction"]) == (1, None)
    assert _rejected() == before
    # Who leaves the reason out, or adds one, is not believed.
    judged = {name: value for name, value in shown.items() if name != "abstention"}
    for invented in (judged, shown_prediction(client) | {"abstention": "language"}):
        sent = submission(text=text if invented is judged else "Great shop!", prediction=invented)
        assert client.post("/api/v1/reviews", json=sent).get_json()["prediction"] is None
    assert _rejected() == before + 2


def _rejected() -> float:
    name, labels = "opine_reviews_rejected_predictions_total", {"reason": "not_for_this_text"}
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_prediction_of_another_text_is_not_kept(client: FlaskClient) -> None:
    shown = shown_prediction(client, "Great shop, I love it!")
    other = submission(text="Awful. They stole my money and insulted me.", prediction=shown)
    assert client.post("/api/v1/reviews", json=other).get_json()["prediction"] is None


@pytest.mark.parametrize("asked", ["Line one\nLine two", "Line one\r\nLine two", " Line one\rLine two\r\n"])
@pytest.mark.parametrize("sent", ["Line one\nLine two", "Line one\r\nLine two"])
def test_line_ends_make_no_other_text(client: FlaskClient, asked: str, sent: str) -> None:
    shown = shown_prediction(client, asked)
    review = client.post("/api/v1/reviews", json=submission(text=sent, prediction=shown)).get_json()
    assert review["text"] == "Line one\nLine two"
    assert review["prediction"] is not None


def test_a_prediction_outlives_the_key_that_signed_it_if_that_is_named(client: FlaskClient, settings: Settings) -> None:
    shown = shown_prediction(client)
    kept = {"client_hash_key": SecretStr("a new key of these tests")}
    replaced = create_app(settings.model_copy(update=kept)).test_client()
    assert replaced.post("/api/v1/reviews", json=submission(prediction=shown)).get_json()["prediction"] is None
    both = kept | {"previous_client_hash_key": settings.client_hash_key}
    rotated = create_app(settings.model_copy(update=both)).test_client()
    assert rotated.post("/api/v1/reviews", json=submission(prediction=shown)).get_json()["prediction"]["stars"] == 5


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
        ({"prediction": {"stars": 5, "score": 1, "label": "good", "model": {"name": "m"}}}, "prediction.model.version"),
        ({"prediction": {"stars": 5, "score": 1, "label": "good"}}, "prediction.model"),
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
