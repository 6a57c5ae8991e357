import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings
from sqlalchemy import Engine

from tests.support.reviews.checks import error_of_2019
from tests.support.reviews.rows import NOON, add_reviews, form_of_2019

ROW = {
    "id": 1,
    "review": "Great shop!",
    "rating": 4,
    "suggested_rating": 5,
    "sentiment_score": 0.93,
    "brand": "Nike",
    "user_agent": "Firefox",
    "ip_address": "",
}


def test_a_form_is_stored_and_its_row_answered(client: FlaskClient, engine: Engine) -> None:
    response = client.post("/api/review", data=form_of_2019())
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    row = response.get_json()
    assert list(client.get("/api/reviews").get_json()) == [row]
    created = row.pop("created_date")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", created)
    assert abs(dt.datetime.fromisoformat(created + "Z") - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert row == ROW
    assert [type(row[name]) for name in ROW] == [type(value) for value in ROW.values()]
    with engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM review").mappings().one())
    assert "192.0.2.7" not in stored


def test_the_review_is_one_of_the_present_too(client: FlaskClient) -> None:
    client.post("/api/review", data=form_of_2019())
    review = client.get("/api/v1/reviews").get_json()["items"][0]
    assert review["brand"] == {"slug": "nike", "name": "Nike"}
    assert review["prediction"] == {"stars": 5, "score": 0.93, "label": "good", "model": None}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_new_brand_is_added_once(client: FlaskClient, admin: dict[str, str], content_type: str) -> None:
    for name in ("L'Oréal Paris", " l oreal, PARIS"):
        row = client.post("/api/review", data=form_of_2019(brand=name), content_type=content_type).get_json()
        assert row["brand"] == "L'Oréal Paris"
    approval = {"action": "approve", "kind": "brand", "target": "l-oreal-paris", "actor": "Ada"}
    assert client.post("/api/v1/moderation", json=approval, headers=admin).status_code == 204
    assert client.get("/api/v1/brands/l-oreal-paris").get_json() == {
        "slug": "l-oreal-paris",
        "name": "L'Oréal Paris",
        "website": None,
        "sector": None,
        "origin": "route_of_2019",
        "demo": False,
        "scraped": [],
        "review_count": 2,
        "average_stars": 4,
    }


@pytest.mark.parametrize("field", sorted(form_of_2019()))
def test_a_missing_field_is_400_in_the_words_of_2019(client: FlaskClient, field: str) -> None:
    form = form_of_2019()
    del form[field]
    assert error_of_2019(client.post("/api/review", data=form), 400) == "Missing field in body"
    assert client.get("/api/reviews").get_json() == []


def test_json_is_a_form_without_fields(client: FlaskClient) -> None:
    assert error_of_2019(client.post("/api/review", json=form_of_2019()), 400) == "Missing field in body"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("review", " \n"),
        ("review", "a" * 20_001),
        ("review", "a\x00"),
        ("rating", "0"),
        ("rating", "6"),
        ("rating", "4.5"),
        ("rating", "٤"),
        ("suggested_rating", "best"),
        ("sentiment_score", "1.01"),
        ("sentiment_score", "nan"),
        ("sentiment_score", ""),
        ("brand", ""),
        ("brand", "a" * 101),
        ("brand", "Ni\x00ke"),
        ("user_agent", "a" * 1001),
        ("ip_address", "1" * 65),
    ],
)
def test_a_wrong_field_is_400_and_named(client: FlaskClient, field: str, value: str) -> None:
    assert field in error_of_2019(client.post("/api/review", data=form_of_2019(**{field: value})), 400)
    assert client.get("/api/reviews").get_json() == []


@pytest.mark.parametrize(("stars", "label"), [("1", "bad"), ("2", "bad"), ("3", "average"), ("4", "good")])
def test_the_label_follows_the_proposal(client: FlaskClient, stars: str, label: str) -> None:
    client.post("/api/review", data=form_of_2019(suggested_rating=stars))
    assert client.get("/api/v1/reviews").get_json()["items"][0]["prediction"]["label"] == label


def test_rows_come_newest_first_a_hundred_unless_told(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, ({"created_at": NOON - dt.timedelta(minutes=number // 2)} for number in range(103)))
    rows = client.get("/api/reviews").get_json()
    assert [row["id"] for row in rows][:4] == [2, 1, 4, 3]
    assert len(rows) == 100
    assert rows[0]["suggested_rating"] is None
    assert [row["id"] for row in client.get("/api/reviews?limit=1").get_json()] == [2]
    assert len(client.get("/api/reviews?limit=1000").get_json()) == 103


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1e2", "٣", "9" * 5000])
def test_a_wrong_limit_is_400(client: FlaskClient, limit: str) -> None:
    assert "limit" in error_of_2019(client.get("/api/reviews", query_string={"limit": limit}), 400)


def test_no_more_brands_than_allowed_are_added(settings: Settings, engine: Engine) -> None:
    with engine.begin() as connection:
        brands = connection.exec_driver_sql("SELECT count(*) FROM brand").scalar_one()
        # What was read elsewhere does not count.
        connection.exec_driver_sql("INSERT INTO brand (slug, name, origin) VALUES ('read', 'Read', 'scraped')")
    client = create_app(settings.model_copy(update={"max_brands": brands + 1})).test_client()
    assert client.post("/api/review", data=form_of_2019(brand="One more")).status_code == 200
    assert "brand" in error_of_2019(client.post("/api/review", data=form_of_2019(brand="Two more")), 400)
    assert client.post("/api/review", data=form_of_2019(brand="One more")).status_code == 200
