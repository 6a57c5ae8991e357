"""The demo: filled once, marked, and removed without a trace of it or a loss of anything else."""

import datetime as dt
import re
from collections import Counter, defaultdict

import pytest
from flask.testing import FlaskClient
from opine_reviews.demo import WEEKS, DemoReview, demo_brands, demo_reviews, fill, remove
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.service.reviews.conftest import Run
from tests.support import ROOT
from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.rows import TABLES, add_reviews

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def invented() -> list[DemoReview]:
    return demo_reviews(NOW)


def test_the_texts_are_many_different_and_about_everything(invented: list[DemoReview]) -> None:
    readme = (ROOT / "services/reviews/README.md").read_text()
    assert (
        f"{len(demo_brands())} invented brands with {len(invented)} invented reviews of the last {WEEKS} weeks"
        in readme
    )
    assert 300 <= len(invented) <= 500
    assert len({review.text for review in invented}) == len(invented)
    stars = Counter(review.stars for review in invented)
    assert all(stars[number] >= 40 for number in range(1, 6)), stars
    by_brand = defaultdict(set)
    for review in invented:
        by_brand[review.brand_slug].add(review.stars)
    assert by_brand.keys() == {brand.slug for brand in demo_brands()}
    assert all(len(found) >= 3 for found in by_brand.values())


def test_the_times_are_the_last_weeks_and_none_is_to_come(invented: list[DemoReview]) -> None:
    assert all(NOW - dt.timedelta(weeks=WEEKS) <= review.created_at < NOW for review in invented)
    assert len({(NOW - review.created_at).days // 7 for review in invented}) == WEEKS


def test_the_texts_are_sentences_and_the_same_each_time(invented: list[DemoReview]) -> None:
    assert [review.text for review in demo_reviews(NOW)] == [review.text for review in invented]
    for review in invented:
        assert re.fullmatch(r"[A-Z].*[.!?]", review.text), review.text
        assert "  " not in review.text


def test_the_list_is_small() -> None:
    assert (ROOT / "services/reviews/src/opine_reviews/demo.toml").stat().st_size < 24_000


def _rows(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables as texts."""
    with engine.connect() as connection:
        return {
            table: sorted(connection.scalars(text(f"SELECT t::text FROM {table} t")))  # noqa: S608  their names
            for table in TABLES
        }


def _fill(engine: Engine) -> int:
    with Session(engine) as session, session.begin():
        return fill(session, demo_reviews(dt.datetime.now(dt.UTC)), {})


def test_it_comes_once_is_marked_and_goes_without_a_trace(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, [{}])
    before = _rows(engine)
    assert _fill(engine) > 300
    assert _fill(engine) == 0
    brand = client.get("/api/v1/brands/tallow-street-bakery").get_json()
    assert brand["demo"] is True
    assert brand["review_count"] == 30
    assert client.get("/api/v1/brands/nike").get_json()["demo"] is False
    newest = client.get("/api/v1/reviews?limit=100").get_json()["items"]
    assert {review["demo"] for review in newest if review["brand"]["slug"] == "nike"} <= {False}
    assert all(review["demo"] for review in newest if review["brand"]["slug"] != "nike")
    with Session(engine) as session, session.begin():
        removed = remove(session)
    assert (removed.reviews, removed.brands, removed.kept) == (402, 15, [])
    assert _rows(engine) == before


def test_what_a_person_wrote_about_an_invented_brand_stays(
    client: FlaskClient, engine: Engine, admin: dict[str, str]
) -> None:
    _fill(engine)
    written = client.post(
        "/api/v1/reviews", json={"brand": "owlery-books", "text": "I like the idea.", "stars": 4}
    ).get_json()
    assert written["demo"] is False
    hidden = client.get("/api/v1/reviews?brand=umbra-phones&limit=1").get_json()["items"][0]["id"]
    change = {"action": "hide", "kind": "review", "target": str(hidden), "actor": "test", "reason": ""}
    assert client.post("/api/v1/moderation", json=change, headers=admin).status_code == 204
    with Session(engine) as session, session.begin():
        removed = remove(session)
    assert (removed.reviews, removed.brands, removed.kept) == (402, 14, ["owlery-books"])
    left = client.get("/api/v1/reviews").get_json()["items"]
    assert [review["id"] for review in left] == [written["id"]]
    assert client.get("/api/v1/moderation", headers=admin).get_json()["hidden"] == []
    assert client.get("/api/v1/brands/owlery-books").get_json()["review_count"] == 1
    assert _fill(engine) == 402


def test_a_brand_of_the_same_slug_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO brand (slug, name) VALUES ('owlery-books', 'A real one')"))
    _fill(engine)
    with engine.connect() as connection:
        count = "SELECT count(*) FROM review WHERE brand_slug = 'owlery-books'"
        assert connection.scalar(text(count)) == 0
    with Session(engine) as session, session.begin():
        assert remove(session).brands == 14
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM brand WHERE slug = 'owlery-books'")) == "A real one"


def test_no_model_learns_from_it(engine: Engine) -> None:
    add_reviews(engine, [{}])
    _fill(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM labelled_review")) == 1


def test_the_command_brings_the_models_own_predictions(run: Run, client: FlaskClient, sentiment: FakeSentiment) -> None:
    done = run("demo", "fill", sentiment_url=sentiment.url)
    assert done.returncode == 0, done.stdout
    reviews = client.get("/api/v1/reviews?limit=100").get_json()["items"]
    assert all(review["prediction"]["model"]["name"] == "opine-charcnn" for review in reviews)
    again = run("demo", "fill", sentiment_url=sentiment.url)
    assert '"reviews": 0' in again.stdout
    assert run("demo", "remove").returncode == 0
    assert client.get("/api/v1/reviews").get_json()["items"] == []


def test_without_the_model_the_reviews_come_alone(run: Run, client: FlaskClient) -> None:
    done = run("demo", "fill", sentiment_url="http://127.0.0.1:9")
    assert done.returncode == 0, done.stdout
    assert "demo without predictions" in done.stdout
    assert client.get("/api/v1/reviews?limit=1").get_json()["items"][0]["prediction"] is None
