"""The list of reviews that were read elsewhere."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.support.reviews.checks import problem
from tests.support.reviews.paging import pages
from tests.support.reviews.rows import NOON, add_reviews, add_scraped_reviews

LIST = "/api/v1/scraped-reviews"


def _rows(count: int, seed: int) -> Iterator[dict[str, object]]:
    chance = random.Random(seed)
    for _ in range(count):
        yield {
            "brand_slug": chance.choice(["nike", "zara"]),
            "source": chance.choice(["trustpilot", "another-site"]),
            "stars": chance.randint(1, 5),
            # Pages that give days only make many ties.
            "reviewed_at": NOON + dt.timedelta(days=chance.choice([0, 0, 0, 40]), microseconds=chance.choice([0, 1])),
        }


def test_a_listed_review_is_whole(client: FlaskClient, engine: Engine) -> None:
    add_scraped_reviews(
        engine,
        [
            {
                "title": "Fast",
                "text": "",
                "language": "en",
                "country": "GB",
                "verified": True,
                "reply": "Thank you",
                "source_url": "https://www.trustpilot.com/review/nike.com?page=2",
                "read_at": NOON + dt.timedelta(hours=1),
            },
            {"reviewed_at": NOON - dt.timedelta(days=1), "source": "another-site"},
        ],
    )
    first, second = client.get(LIST).get_json()["items"]
    assert first == {
        "id": 1,
        "brand": {"slug": "nike", "name": "Nike"},
        "source": {"key": "trustpilot", "name": "Trustpilot"},
        "source_url": "https://www.trustpilot.com/review/nike.com?page=2",
        "title": "Fast",
        "text": "",
        "stars": 4,
        "reviewed_at": "2026-11-24T12:00:00Z",
        "language": "en",
        "country": "GB",
        "verified": True,
        "reply": "Thank you",
        "read_at": "2026-11-24T13:00:00Z",
    }
    assert second["source"] == {"key": "another-site", "name": "Another site"}
    assert (second["title"], second["verified"], second["reply"]) == (None, None, None)


@pytest.mark.parametrize(
    "query", [{}, {"brand": "nike"}, {"stars": 4}, {"source": "trustpilot"}, {"brand": "zara", "stars": 2}]
)
def test_all_pages_together_are_the_list_newest_first(
    client: FlaskClient, engine: Engine, query: dict[str, object]
) -> None:
    add_scraped_reviews(engine, _rows(60, seed=1))
    everything = client.get(LIST, query_string={"limit": 100}).get_json()["items"]
    wanted = [
        review
        for review in everything
        if query.get("brand", review["brand"]["slug"]) == review["brand"]["slug"]
        and query.get("stars", review["stars"]) == review["stars"]
        and query.get("source", review["source"]["key"]) == review["source"]["key"]
    ]
    assert len(wanted) > 0
    assert (len(wanted) == 60) == (query == {})
    ranked = sorted(wanted, key=lambda review: (dt.datetime.fromisoformat(review["reviewed_at"]), review["id"]))
    assert list(itertools.chain.from_iterable(pages(client, LIST, **query, limit=3))) == ranked[::-1]


def test_reviews_that_come_meanwhile_neither_repeat_nor_hide_others(client: FlaskClient, engine: Engine) -> None:
    ids = set(add_scraped_reviews(engine, _rows(20, seed=2)))
    found: list[int] = []
    for page in pages(client, LIST, limit=3):
        found += [review["id"] for review in page if review["id"] in ids]
        add_scraped_reviews(engine, [{"reviewed_at": NOON + dt.timedelta(days=90)}])
    assert sorted(found) == sorted(ids)


def test_scraped_and_written_reviews_stay_apart(client: FlaskClient, engine: Engine) -> None:
    add_scraped_reviews(engine, [{"text": "read"}])
    add_reviews(engine, [{"text": "written"}])
    assert [review["text"] for review in client.get(LIST).get_json()["items"]] == ["read"]
    assert [review["text"] for review in client.get("/api/v1/reviews").get_json()["items"]] == ["written"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"brand": "Nike"}, "brand"),
        ({"stars": 0}, "stars"),
        ({"source": "Trustpilot"}, "source"),
        ({"source": "a" * 51}, "source"),
        ({"limit": 101}, "limit"),
        ({"q": "good"}, "q"),
    ],
)
def test_a_wrong_query_is_422(client: FlaskClient, query: dict[str, object], field: str) -> None:
    problem(client.get(LIST, query_string=query), 422, "invalid-request", field=field)


@pytest.mark.parametrize("other", [{"brand": "nike"}, {"stars": 4}, {"source": "trustpilot"}])
def test_a_cursor_of_another_query_is_refused(client: FlaskClient, engine: Engine, other: dict[str, object]) -> None:
    add_scraped_reviews(engine, [{}, {}])
    add_reviews(engine, [{}, {}])
    cursor = client.get(LIST, query_string={"limit": 1}).get_json()["next_cursor"]
    assert client.get(LIST, query_string={"cursor": cursor}).status_code == 200
    problem(client.get(LIST, query_string=other | {"cursor": cursor}), 422, "invalid-cursor", field="cursor")
    foreign = client.get("/api/v1/reviews", query_string={"limit": 1}).get_json()["next_cursor"]
    problem(client.get(LIST, query_string={"cursor": foreign}), 422, "invalid-cursor", field="cursor")
