"""Brands on the rise."""

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews import rising
from sqlalchemy import Engine, text

from tests.support.reviews.rows import add_reviews

ROUTE = "/api/v1/rising-brands"


@pytest.fixture(autouse=True)
def nothing_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test counts anew."""
    monkeypatch.setattr(app.extensions["opine_reviews"].rising, "_expires", 0.0)


def _add(engine: Engine, slug: str, *, this_week: int, before: int) -> None:
    """`before` in the four weeks before this one."""
    now = dt.datetime.now(dt.UTC)
    days = [1.5] * this_week + [8 + 26 * number / max(before, 1) for number in range(before)]
    add_reviews(engine, [{"brand_slug": slug, "created_at": now - dt.timedelta(days=day)} for day in days])


def _found(client: FlaskClient) -> list[tuple[str, int, float]]:
    items = client.get(ROUTE).get_json()["items"]
    return [(item["brand"]["slug"], item["review_count"], item["usual_count"]) for item in items]


@pytest.mark.parametrize(
    ("this_week", "before", "rises"),
    [
        (5, 0, True),
        (4, 0, False),  # too few to say anything
        (5, 4, True),
        (9, 16, True),
        (8, 16, False),  # two deviations above a usual four are eight
        (20, 80, False),
        (0, 40, False),
    ],
)
def test_a_brand_rises_above_what_chance_gives(
    client: FlaskClient, engine: Engine, this_week: int, before: int, rises: bool
) -> None:
    _add(engine, "nike", this_week=this_week, before=before)
    assert _found(client) == ([("nike", this_week, before / 4)] if rises else [])


def test_the_steepest_is_first(client: FlaskClient, engine: Engine) -> None:
    _add(engine, "zara", this_week=20, before=16)
    _add(engine, "nike", this_week=7, before=0)
    _add(engine, "adidas", this_week=12, before=20)
    assert [slug for slug, _, _ in _found(client)] == ["zara", "nike", "adidas"]


def test_what_is_older_than_five_weeks_is_not_usual(client: FlaskClient, engine: Engine) -> None:
    _add(engine, "nike", this_week=6, before=0)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    add_reviews(engine, [{"created_at": old}] * 50)
    assert _found(client) == [("nike", 6, 0.0)]


def test_an_unlisted_brand_is_never_shown_though_its_counts_are_kept(client: FlaskClient, engine: Engine) -> None:
    _add(engine, "nike", this_week=6, before=0)
    assert _found(client) != []
    with engine.begin() as connection:
        connection.execute(text("UPDATE brand SET listed = false WHERE slug = 'nike'"))
    assert _found(client) == []


def test_counts_are_kept_and_an_answer_that_did_not_change_is_304(client: FlaskClient, engine: Engine) -> None:
    _add(engine, "nike", this_week=6, before=0)
    first = client.get(ROUTE)
    _add(engine, "zara", this_week=9, before=0)
    again = client.get(ROUTE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(ROUTE, headers={"If-None-Match": '"another"'}).get_json() == first.get_json()


def test_at_most_ten(client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rising, "MOST", 2)
    for slug in ("nike", "zara", "adidas"):
        _add(engine, slug, this_week=6, before=0)
    assert len(_found(client)) == 2
