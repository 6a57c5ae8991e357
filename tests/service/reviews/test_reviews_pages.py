"""Every order of the list, page by page."""

import datetime as dt
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.support.reviews.checks import problem
from tests.support.reviews.paging import pages
from tests.support.reviews.rows import NOON, add_reviews, scored

LIST = "/api/v1/reviews"
ORDERS = list(itertools.product(["created_at", "stars", "score", "brand"], ["asc", "desc"]))

Review = dict[str, Any]

KEYS: dict[str, Callable[[Review], Any]] = {
    "created_at": lambda review: dt.datetime.fromisoformat(review["created_at"]),
    "stars": lambda review: review["stars"],
    "score": lambda review: -1 if review["prediction"] is None else review["prediction"]["score"],
    "brand": lambda review: review["brand"]["slug"],
}


def _rows(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Rows with many ties, microseconds apart at times, some without a score."""
    chance = random.Random(seed)
    for _ in range(count):
        score = chance.choice([None, 0.0, 0.1 + 0.2, 1 / 3, 1.0])
        yield {
            "brand_slug": chance.choice(["nike", "zara", "the-air"]),
            "stars": chance.randint(1, 5),
            "created_at": NOON + dt.timedelta(microseconds=chance.choice([-1, 0, 1]), days=chance.choice([0, 40])),
            **({} if score is None else scored(score, stars=chance.randint(1, 5))),
        }


def _all(client: FlaskClient, **query: str | int) -> list[Review]:
    return list(itertools.chain.from_iterable(pages(client, LIST, **query)))


def _sorted(reviews: list[Review], sort: str, order: str) -> list[int]:
    ranked = sorted(reviews, key=lambda review: (KEYS[sort](review), review["id"]), reverse=order == "desc")
    return [review["id"] for review in ranked]


@pytest.mark.parametrize(("sort", "order"), ORDERS)
def test_all_pages_together_are_the_list_in_order(client: FlaskClient, engine: Engine, sort: str, order: str) -> None:
    ids = add_reviews(engine, _rows(50, seed=1))
    reviews = _all(client, sort=sort, order=order, limit=7)
    found = [review["id"] for review in reviews]
    assert sorted(found) == sorted(ids)
    assert found == _sorted(reviews, sort, order)


@pytest.mark.parametrize(("sort", "order"), ORDERS)
@pytest.mark.parametrize(
    "chosen", [{"brand": "nike"}, {"stars": "4"}, {"label": "good"}, {"brand": "zara", "stars": "2"}]
)
def test_all_pages_of_a_filter_are_its_list_in_order(
    client: FlaskClient, engine: Engine, sort: str, order: str, chosen: dict[str, str]
) -> None:
    add_reviews(engine, _rows(60, seed=4))
    reviews = _all(client, **chosen, limit=100)
    assert 2 < len(reviews) < 60
    found = [review["id"] for review in _all(client, **chosen, sort=sort, order=order, limit=2)]
    assert found == _sorted(reviews, sort, order)


@pytest.mark.parametrize(("sort", "order"), ORDERS)
def test_rows_that_come_meanwhile_neither_repeat_nor_hide_others(
    client: FlaskClient, engine: Engine, sort: str, order: str
) -> None:
    ids = add_reviews(engine, _rows(30, seed=2))
    found: list[int] = []
    for number, page in enumerate(pages(client, LIST, sort=sort, order=order, limit=4)):
        found += [review["id"] for review in page]
        if number < 8:
            add_reviews(engine, _rows(2, seed=10 + number))
    assert len(found) == len(set(found))
    assert [row for row in found if row in set(ids)] == _sorted(
        [review for review in _all(client, limit=100) if review["id"] in set(ids)], sort, order
    )


def test_a_row_that_a_cursor_names_may_go(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    ids = add_reviews(engine, _rows(6, seed=3))
    listed = pages(client, LIST, sort="stars", limit=2)
    first = next(listed)
    assert client.delete(f"{LIST}/{first[-1]['id']}", headers=admin).status_code == 204
    rest = [review["id"] for page in listed for review in page]
    assert sorted([first[0]["id"], first[1]["id"], *rest]) == sorted(ids)


def test_a_last_full_page_has_no_next(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, [{}, {}])
    assert client.get(LIST, query_string={"limit": 2}).get_json()["next_cursor"] is None
    assert client.get(LIST, query_string={"limit": 1}).get_json()["next_cursor"] is not None


def test_a_changed_cursor_is_refused(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, [{}, {}])
    cursor = client.get(LIST, query_string={"limit": 1}).get_json()["next_cursor"]
    # The last character may carry bits that base64 ignores.
    changed = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor) - 1)]
    for wrong in [*changed, cursor[:-4], cursor + "AAAA", "A", "====", "é", "\x00", " "]:
        problem(client.get(LIST, query_string={"cursor": wrong}), 422, "invalid-cursor", field="cursor")


@pytest.mark.parametrize(
    "other",
    [
        {"sort": "stars"},
        {"order": "asc"},
        {"brand": "zara"},
        {"stars": 4},
        {"q": "good"},
        {"since": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_cursor_of_another_query_is_refused(client: FlaskClient, engine: Engine, other: dict[str, object]) -> None:
    add_reviews(engine, [{}, {}])
    cursor = client.get(LIST, query_string={"limit": 1}).get_json()["next_cursor"]
    assert client.get(LIST, query_string={"limit": 2, "cursor": cursor}).status_code == 200
    problem(client.get(LIST, query_string=other | {"cursor": cursor}), 422, "invalid-cursor", field="cursor")
    problem(client.get("/api/v1/brands", query_string={"cursor": cursor}), 422, "invalid-cursor", field="cursor")
