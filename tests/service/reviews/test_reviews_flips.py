"""Flips over HTTP: stored reviews that get another label from the candidate than from the live version."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.artefacts import Artefact
from tests.support.reviews.checks import problem
from tests.support.reviews.registry import BEARER, decide
from tests.support.reviews.rows import add_reviews


def add_three_reviews(engine: Engine) -> None:
    texts = ["Quick and friendly", "It came late", "too long"]
    add_reviews(engine, [{"text": text, "created_at": f"2026-11-2{n}T12:00:00Z"} for n, text in enumerate(texts)])


@pytest.fixture
def flipping(sentiment: FakeSentiment, registered: list[Artefact]) -> None:
    """The candidate thinks that what came late is bad; the text that is too long cannot be scored."""
    sentiment.versions[registered[1].digest] = ("late", {"label": "bad", "stars": 1, "score": 0.1})


@pytest.mark.usefixtures("flipping")
def test_flips_are_the_reviews_that_get_another_label(
    client: FlaskClient, engine: Engine, registered: list[Artefact], release: str, admin: dict[str, str]
) -> None:
    assert client.get(f"/api/v1/{release}/flips", headers=BEARER).get_json() == {
        "compared": 0, "items": [], "next_cursor": None,
    }  # fmt: skip
    add_three_reviews(engine)
    found = client.get(f"/api/v1/{release}/flips", headers=admin).get_json()
    assert (found["compared"], found["next_cursor"]) == (2, None)
    (flip,) = found["items"]
    assert flip["review"]["text"] == "It came late"
    assert (flip["baseline"]["label"], flip["baseline"]["model"]) == ("good", registered[0].name)
    assert (flip["candidate"]["label"], flip["candidate"]["stars"]) == ("bad", 1)
    assert flip["candidate"]["model"] == registered[1].name


@pytest.mark.usefixtures("flipping")
def test_flips_of_older_reviews_are_on_the_next_page(client: FlaskClient, engine: Engine, release: str) -> None:
    add_three_reviews(engine)
    pages, cursor = [], ""
    for _ in range(3):
        page = client.get(f"/api/v1/{release}/flips?limit=1{cursor}", headers=BEARER).get_json()
        cursor = f"&cursor={page['next_cursor']}"
        pages.append((page["compared"], len(page["items"])))
    assert pages == [(0, 0), (1, 1), (1, 0)]
    assert page["next_cursor"] is None


def test_without_two_versions_that_answer_there_are_no_flips(
    client: FlaskClient, engine: Engine, sentiment: FakeSentiment, release: str
) -> None:
    path = f"/api/v1/{release}/flips"
    problem(client.get(path), 401)
    problem(client.get("/api/v1/releases/99/flips", headers=BEARER), 404)
    add_three_reviews(engine)
    for mode, kind in (("not loaded", "version-not-loaded"), ("garbage", "sentiment-unavailable")):
        sentiment.mode = mode
        problem(client.get(path, headers=BEARER), 503, kind)
    sentiment.mode = "late"
    problem(client.get(path, headers=BEARER), 504, "prediction-timeout")
    decide(client, f"{release}/rollback", 2)
    problem(client.get(path, headers=BEARER), 409, "release-ended")
