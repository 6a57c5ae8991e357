"""Drift measured on a real database: what is named, what nobody can bring about alone, and what is kept of it."""

import datetime as dt
import json
import random
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask.testing import FlaskClient
from opine_reviews.drift.measuring import is_measured, measure
from opine_reviews.models import Review, ScrapedReview
from opine_reviews.schemas.drift import DriftReport
from opine_reviews.sentiment_bulk import ReadingError
from opine_reviews.settings import Settings
from sqlalchemy import Engine, insert, text

from tests.support.fake_sentiment import BULK_HEADERS, FOREIGN, MODEL, FakeSentiment
from tests.support.reviews.language import TIMES, Row, reviews
from tests.support.reviews.registry import REGISTRY_TOKEN
from tests.support.reviews.rows import NOON, add_drift, drift_report

TUESDAY = TIMES.since + dt.timedelta(days=1)
SEED = 7

Measure = Callable[[], DriftReport]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def measured(engine: Engine, settings: Settings, sentiment: FakeSentiment) -> Measure:  # noqa: ARG001  well
    return lambda: measure(engine, settings, TIMES)


def add(engine: Engine, rows: Iterable[Row]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Review), list(rows))


def kept(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM drift_measurement")).mappings()]


def changing(chance: random.Random, row: Row) -> Row:
    """From Tuesday on, a word that nobody can read, one that has turned, a name, and another language."""
    if row["created_at"] < TUESDAY:
        return {**row, "text": row["text"] + " late!"} if chance.random() < 0.2 else row
    kind = chance.random()
    if kind < 0.25:
        return {**row, "text": row["text"] + " bussin", "suggested_stars": 2, "stars": 5}
    if kind < 0.5:
        # Of these words the stand-in knows what they say; with a mark behind them it does not.
        return {**row, "text": row["text"] + " late"}
    if kind < 0.55:
        return {**row, "text": row["text"] + " xanthippe", "suggested_stars": 2, "stars": 5}
    if kind < 0.75:
        return {**row, "text": f"{FOREIGN} {chance.random()}", "suggested_stars": None, "score": None, "label": None}
    return row


def test_a_change_of_language_is_named_and_nothing_of_a_text_is_kept(engine: Engine, measured: Measure) -> None:
    add(engine, reviews(SEED, 300, changing))
    report = measured()
    assert [(word.signal, word.text, word.source, word.sector) for word in report.words] == [
        ("misread", "bussin", "people", None),
        ("turned", "late", "people", None),
    ]
    assert {word.since for word in report.words} == {TUESDAY}
    assert report.drifted
    assert {reason.signal for reason in report.reasons} == {"misread", "agreement", "language"}
    people, scraped = report.figures
    assert people.reviews_now + people.reviews_before == 1500
    assert (scraped.reviews_now, scraped.reviews_before) == (0, 0)
    (row,) = kept(engine)
    assert (row["until"], row["drifted"], row["model_digest"]) == (TIMES.until, True, MODEL["digest"])
    assert DriftReport.model_validate(row["report"]) == report
    said = json.dumps(row["report"])
    assert "xanthippe" not in said
    assert not any(word in said for word in ("worda", "wordb", FOREIGN))


def test_what_reviews_elsewhere_say_is_named_beside_it(engine: Engine, measured: Measure) -> None:
    """The stand-in proposes five stars for everything."""

    def row(one: Row, number: int) -> Row:
        new = one["created_at"] >= TUESDAY and number % 3 == 0
        return {
            "brand_slug": one["brand_slug"],
            "source": "trustpilot",
            "source_review_id": str(number),
            "text": one["text"] + " mid" * new,
            "title": "Mid",
            "stars": 1 if new or number % 10 == 0 else 5,
            "reviewed_at": one["created_at"],
            "source_url": "https://www.trustpilot.com/review/nike.com",
            "read_at": TIMES.until,
            "parser": "tests/1",
        }

    with engine.begin() as connection:
        connection.execute(insert(ScrapedReview), [row(one, number) for number, one in enumerate(reviews(SEED, 200))])
    report = measured()
    assert [(word.signal, word.text, word.source, word.direction) for word in report.words] == [
        ("misread", "mid", "scraped", "against")
    ]
    assert {(reason.signal, reason.source) for reason in report.reasons} == {
        ("misread", "scraped"),
        ("agreement", "scraped"),
    }


@pytest.mark.parametrize("days", [1, 7])
def test_one_client_alone_names_nothing_and_moves_nothing(engine: Engine, measured: Measure, days: int) -> None:
    add(engine, reviews(SEED, 100))
    before = measured()
    # Its hash is of the day.
    poison = [
        {
            **one,
            "text": f"scam {one['text']}",
            "suggested_stars": 5,
            "stars": 1,
            "created_at": TIMES.until - dt.timedelta(days=1 + number % days, hours=-1, seconds=number),
            "client_hash": bytes([number % days]) * 32,
        }
        for number, one in enumerate(reviews(SEED + 1, 140))
    ]
    add(engine, poison)
    after = measured()
    assert after.words == before.words == []
    assert not after.drifted
    added = after.figures[0].agreement_now.of - before.figures[0].agreement_now.of
    assert added == days


def test_invented_reviews_and_brands_that_are_not_shown_do_not_count(engine: Engine, measured: Measure) -> None:
    add(engine, [{**one, "demo": True} for one in reviews(SEED, 30, changing)])
    report = measured()
    assert (report.figures[0].reviews_now, report.drifted, report.model_digest) == (0, False, None)


def test_proposals_of_an_earlier_version_are_not_held_against_this_one(engine: Engine, measured: Measure) -> None:
    add(engine, [{**one, "model_digest": "e" * 64} for one in reviews(SEED, 300, changing)])
    report = measured()
    assert report.figures[0].agreement_now.of == 0
    assert {word.signal for word in report.words} == {"turned"}


def test_of_very_many_reviews_a_part_is_read(
    engine: Engine, measured: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opine_reviews.drift.measuring.MOST_REVIEWS", 100)
    add(engine, reviews(SEED, 120))
    report = measured()
    assert 50 <= report.figures[0].reviews_now <= 100
    assert 90 <= report.figures[0].reviews_before <= 100
    assert measured() == report


def test_a_second_measure_replaces_the_first_and_old_ones_go(engine: Engine, measured: Measure) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO drift_measurement (until, drifted, report) VALUES (:until, false, '{}')"),
            [{"until": TIMES.until - dt.timedelta(days=days)} for days in (1, 399, 401)],
        )
    assert not is_measured(engine, TIMES)
    assert measured() == measured()
    assert is_measured(engine, TIMES)
    assert sorted((TIMES.until - row["until"]).days for row in kept(engine)) == [0, 1, 399]


def test_without_an_answer_nothing_is_kept(engine: Engine, measured: Measure, sentiment: FakeSentiment) -> None:
    add(engine, reviews(SEED, 20))
    sentiment.mode = "unready"
    with pytest.raises(ReadingError, match="status 503"):
        measured()
    assert kept(engine) == []


def test_a_version_that_changes_meanwhile_ends_it(
    engine: Engine, measured: Measure, sentiment: FakeSentiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, reviews(SEED, 100))

    def release() -> None:
        if len(sentiment.requests) == 2:
            monkeypatch.setitem(BULK_HEADERS, "X-Model-Digest", "e" * 64)

    sentiment.meanwhile = release
    with pytest.raises(ReadingError, match="another model version"):
        measured()
    assert kept(engine) == []


def test_reading_measures_once_a_night(engine: Engine, run: Run, sentiment: FakeSentiment) -> None:
    lines = [run("read", sentiment_url=sentiment.url, log_json="false").stdout for _ in range(2)]
    assert ["drift measured" in line for line in lines] == [True, False]
    (row,) = kept(engine)
    assert row["until"] == dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def test_the_command_measures_the_time_that_it_is_told(engine: Engine, run: Run, sentiment: FakeSentiment) -> None:
    now = dt.datetime.now(dt.UTC)
    add(engine, [{**one, "created_at": now - dt.timedelta(minutes=number)} for number, one in
                 enumerate(reviews(SEED, 12))])  # fmt: skip
    done = run("drift", "--days", "0.0139", "--before", "0.0139", sentiment_url=sentiment.url, log_json="false")
    assert done.returncode == 0, done.stdout
    report = DriftReport.model_validate(kept(engine)[0]["report"])
    assert report.until - report.since == report.since - report.before
    assert report.figures[0].reviews_now in {20, 21}
    assert report.figures[0].reviews_before in {19, 20, 21}
    refused = run("drift", "--days", "0")
    assert refused.returncode == 2
    assert "number of days above 0" in refused.stderr


def test_the_route_answers_the_last_report_and_the_nights_before(
    client: FlaskClient, engine: Engine, admin: dict[str, str]
) -> None:
    assert client.get("/api/v1/drift").status_code == 401
    nothing = {"drifted": False, "reasons": [], "report": None, "nights": []}
    assert client.get("/api/v1/drift", headers=admin).get_json() == nothing
    for days in range(32):
        reasons: dict[str, object] = {} if days == 31 else {"reasons": [], "words": []}
        add_drift(engine, drift_report(until=NOON + dt.timedelta(days=days), **reasons))
    registrar = {"Authorization": f"Bearer {REGISTRY_TOKEN}"}
    answer = client.get("/api/v1/drift", headers=registrar).get_json()
    assert (answer["drifted"], answer["reasons"]) == (True, drift_report()["reasons"])
    assert DriftReport.model_validate(answer["report"]).words[0].text == "bussin"
    assert len(answer["nights"]) == 30
    assert [(night["drifted"], night["words"]) for night in answer["nights"][:2]] == [(True, ["bussin"]), (False, [])]
    assert answer["nights"][0]["agreement"] == {"hits": 60, "of": 100}
