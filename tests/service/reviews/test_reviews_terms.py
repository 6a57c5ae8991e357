"""What people praise in a brand and what they complain of, and the reviews that say it."""

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import NOON, add_reviews, add_terms, scored

LONG_AGO = dt.datetime(2020, 2, 3, tzinfo=dt.UTC)


def terms(client: FlaskClient, **query: object) -> Any:  # noqa: ANN401  JSON
    answer = client.get("/api/v1/brands/nike/terms", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def names(listed: list[dict[str, Any]]) -> list[str]:
    return [term["term"] for term in listed]


def sums(engine: Engine) -> dict[tuple[str, str], Any]:
    with engine.connect() as connection:
        return {
            (slug, term): (reviews, clients, float(pull))
            for slug, term, reviews, clients, pull in connection.execute(text("SELECT * FROM brand_term"))
        }


def test_each_way_the_strongest_with_counts(client: FlaskClient, engine: Engine) -> None:
    now = dt.datetime.now(dt.UTC)
    old = add_reviews(engine, [{"created_at": LONG_AGO}] * 10)
    new = add_reviews(engine, [{"created_at": now}] * 5)
    add_terms(engine, old[:4], {"great": 2.0, "slow delivery": -1.5, "delivery": -0.5})
    add_terms(engine, old[4:], {"fine": 0.25, "hardly": 0.2})
    add_terms(engine, new, {"great": 1.0, "rude": -1.0})
    answer = terms(client)
    assert answer["brand"] == {"slug": "nike", "name": "Nike"}
    assert answer["read_count"] == 15
    assert names(answer["praise"]) == ["great", "fine"]
    assert answer["praise"][0] == {
        "term": "great",
        "review_count": 9,
        "mean_pull": pytest.approx(13 / 9),
        "recent_count": 5,
        "trend": "rising",
    }
    assert [(term["term"], term["trend"]) for term in answer["complaints"]] == [
        ("slow delivery", None),
        ("rude", "rising"),
    ]


def test_what_one_client_says_is_no_theme(client: FlaskClient, engine: Engine) -> None:
    first, second, third, fourth = add_reviews(engine, [{}] * 4)
    add_terms(engine, [first], {"once": 9.0, "again": 5.0, "shared": 1.0})
    add_terms(engine, [second, third], {"again": 5.0}, repeated=True)
    add_terms(engine, [fourth], {"shared": 3.0})
    assert terms(client)["praise"] == [
        {"term": "shared", "review_count": 2, "mean_pull": 2.0, "recent_count": 2, "trend": None}
    ]


def test_other_brands_are_apart(client: FlaskClient, engine: Engine) -> None:
    add_terms(engine, add_reviews(engine, [{"brand_slug": "zara"}] * 3), {"great": 1.0})
    assert terms(client) == {"brand": {"slug": "nike", "name": "Nike"}, "read_count": 0, "praise": [], "complaints": []}


def test_sums_follow_what_is_hidden_restored_and_deleted(
    client: FlaskClient, engine: Engine, admin: dict[str, str]
) -> None:
    first, second, third = add_reviews(engine, [{}] * 3)
    add_terms(engine, [first, second], {"great": 0.1, "late": -0.7})
    before = sums(engine)
    add_terms(engine, [third], {"great": 0.2, "unique": 3.0}, repeated=True)
    assert sums(engine)["nike", "great"] == (3, 2, pytest.approx(0.2))
    body = {"action": "hide", "kind": "review", "target": str(third), "actor": "Ada"}
    assert client.post("/api/v1/moderation", json=body, headers=admin).status_code == 204
    assert sums(engine) == before
    for review_id in (first, second):
        assert client.delete(f"/api/v1/reviews/{review_id}", headers=admin).status_code == 204
    # Nothing is left of words that only they said, and no rounding error of sums.
    assert sums(engine) == {}


def test_a_term_opens_the_reviews_that_say_it(client: FlaskClient, engine: Engine) -> None:
    rows = [{"text": f"number {number}", "stars": 1 + number % 5, **scored(number / 10)} for number in range(8)]
    ids = add_reviews(engine, rows)
    elsewhere = add_reviews(engine, [{"brand_slug": "zara"}])
    add_terms(engine, [*ids[:6], *elsewhere], {"slow delivery": -1.0})

    def found(**query: object) -> list[int]:
        answer = client.get("/api/v1/reviews", query_string={"brand": "nike", **query})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.get_json()["items"]]

    assert found(term="slow delivery") == ids[5::-1]
    assert found(term="  SLOW\nDelivery!") == ids[5::-1]
    assert found(term="slow delivery", stars=1) == [ids[5], ids[0]]
    assert found(term="slow delivery", q="number 3") == [ids[3]]
    assert found(term="slow delivery", sort="stars", order="asc")[:2] == [ids[0], ids[5]]
    assert found(term="slow") == found(term="!!!") == []


def test_pages_of_a_term_go_on_where_they_ended(client: FlaskClient, engine: Engine) -> None:
    ids = add_reviews(engine, [{}] * 5)
    add_terms(engine, ids, {"late": -1.0})
    query: dict[str, Any] = {"brand": "nike", "term": "late", "limit": 2}
    page = client.get("/api/v1/reviews", query_string=query).get_json()
    assert [item["id"] for item in page["items"]] == ids[:2:-1]
    cursor = page["next_cursor"]
    page = client.get("/api/v1/reviews", query_string={**query, "cursor": cursor}).get_json()
    assert [item["id"] for item in page["items"]] == ids[2:0:-1]
    other = client.get("/api/v1/reviews", query_string={**query, "term": "great", "cursor": cursor})
    problem(other, 422, "invalid-cursor", field="cursor")


def test_a_term_is_of_a_brand(client: FlaskClient) -> None:
    problem(client.get("/api/v1/reviews?term=late"), 422, "invalid-request", field="term")
    problem(client.get("/api/v1/reviews?brand=nike&term="), 422, "invalid-request", field="term")


def test_weeks_are_counted_from_the_first_on(client: FlaskClient, engine: Engine) -> None:
    sunday = dt.datetime(2026, 11, 22, 23, 59, tzinfo=dt.UTC)
    add_reviews(
        engine,
        [
            {"created_at": sunday, "stars": 1, **scored(0.25, stars=2)},
            {"created_at": sunday + dt.timedelta(minutes=1), "stars": 5},
            {"created_at": NOON, "stars": 4, **scored(0.75, stars=4)},
            {"created_at": LONG_AGO, "stars": 3},
        ],
    )

    def weeks(**query: object) -> Any:  # noqa: ANN401  JSON
        return client.get("/api/v1/brands/nike/trend", query_string=query).get_json()["weeks"]

    assert weeks() == [
        {"week": "2020-02-03", "review_count": 1, "average_stars": 3.0, "average_score": None},
        {"week": "2026-11-16", "review_count": 1, "average_stars": 1.0, "average_score": 0.25},
        {"week": "2026-11-23", "review_count": 2, "average_stars": 4.5, "average_score": 0.75},
    ]
    assert [week["week"] for week in weeks(weeks=1)] == ["2026-11-23"]


@pytest.mark.parametrize("route", ["terms", "trend"])
def test_what_they_answer_may_be_kept_for_a_minute(client: FlaskClient, route: str) -> None:
    assert client.get(f"/api/v1/brands/nike/{route}").headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("route", ["terms", "trend"])
def test_a_brand_that_is_not_shown_has_none(client: FlaskClient, admin: dict[str, str], route: str) -> None:
    problem(client.get(f"/api/v1/brands/no-such-brand/{route}"), 404)
    body = {"action": "hide", "kind": "brand", "target": "nike", "actor": "Ada"}
    assert client.post("/api/v1/moderation", json=body, headers=admin).status_code == 204
    problem(client.get(f"/api/v1/brands/nike/{route}"), 404)


@pytest.mark.parametrize("query", ["terms?limit=0", "terms?limit=21", "trend?weeks=521", "terms?sort=x"])
def test_what_they_may_be_asked_is_bounded(client: FlaskClient, query: str) -> None:
    problem(client.get(f"/api/v1/brands/nike/{query}"), 422, "invalid-request")
