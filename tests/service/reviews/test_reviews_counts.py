"""The kept counts against a recount of the reviews themselves."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_common.prediction import Label, ModelVersion, StoredPrediction
from opine_reviews.dependencies import dependencies
from opine_reviews.models import Review
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support.reviews.rows import BRANDS, NOON, add_reviews, scored, submission


def _average(values: list[float]) -> object:
    """Equal to their average, within rounding; None of none."""
    return pytest.approx(sum(values) / len(values)) if values else None


def _recount(reviews: list[Review]) -> dict[str, Any]:
    """The summary, from the reviews of one brand."""
    months = sorted({f"{review.created_at.astimezone(dt.UTC):%Y-%m}" for review in reviews})
    by_month = {
        month: [one for one in reviews if f"{one.created_at.astimezone(dt.UTC):%Y-%m}" == month] for month in months
    }
    return {
        "review_count": len(reviews),
        "average_stars": _average([review.stars for review in reviews]),
        "stars": {str(star): sum(review.stars == star for review in reviews) for star in range(1, 6)},
        "labels": {label: sum(one.label == label for one in reviews) for label in ("bad", "average", "good")},
        "corrected": sum(review.suggested_stars not in (None, review.stars) for review in reviews),
        "months": [
            {
                "month": month,
                "review_count": len(group),
                "average_stars": _average([review.stars for review in group]),
                "average_score": _average([review.score for review in group if review.score is not None]),
            }
            for month, group in by_month.items()
        ],
    }


def _check_all(client: FlaskClient, engine: Engine) -> int:
    """Compare every brand's summary and counts; the number of reviews."""
    with Session(engine) as session:
        reviews = list(session.scalars(select(Review)))
    for slug, name, _ in BRANDS:
        expected = _recount([review for review in reviews if review.brand_slug == slug])
        summary = client.get(f"/api/v1/brands/{slug}/summary").get_json()
        assert summary == {"brand": {"slug": slug, "name": name}} | expected
        brand = client.get(f"/api/v1/brands/{slug}").get_json()
        assert (brand["review_count"], brand["average_stars"]) == (expected["review_count"], expected["average_stars"])
    return len(reviews)


def _work(app: Flask, admin: dict[str, str], old: list[int], seed: int) -> None:
    """Submit, and delete old and new reviews."""
    client, chance = app.test_client(), random.Random(seed)
    with app.app_context():
        signer = dependencies().signer
    mine: list[int] = []
    for number in range(25):
        if number % 3 == 2:
            gone = chance.choice(mine + old)
            assert client.delete(f"/api/v1/reviews/{gone}", headers=admin).status_code in (204, 404)
            continue
        stars, score = chance.randint(1, 5), chance.random()
        label: Label = chance.choice(["bad", "average", "good"])
        model = ModelVersion(name="m", version="1")
        shown = StoredPrediction(stars=chance.randint(1, 5), score=score, label=label, model=model)
        signature = signer.sign("Great shop!", shown)
        body = submission(
            brand=chance.choice(["nike", "zara"]),
            stars=stars,
            prediction=chance.choice([None, shown.model_dump() | {"signature": signature}]),
        )
        answer = client.post("/api/v1/reviews", json=body)
        assert answer.status_code == 201, answer.text
        mine.append(answer.get_json()["id"])


def test_counts_stay_exact_while_many_write(
    app: Flask, client: FlaskClient, engine: Engine, admin: dict[str, str]
) -> None:
    rows = [
        {"created_at": NOON - dt.timedelta(days=20 * (number % 5)), "stars": 1 + number % 5, **scored(number / 40)}
        for number in range(40)
    ]
    old = add_reviews(engine, rows)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda seed: _work(app, admin, old, seed), range(6)))
    assert _check_all(client, engine) > 40


def test_counts_follow_bulk_statements(client: FlaskClient, engine: Engine) -> None:
    add_reviews(engine, ({"stars": 1 + number % 5, "brand_slug": "zara"} for number in range(20)))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO review (brand_slug, text, stars) SELECT brand_slug, text, stars FROM review")
        )
        connection.execute(delete(Review).where(Review.id % 3 == 0))
    assert _check_all(client, engine) == 27
    with engine.begin() as connection:
        connection.execute(delete(Review))
    assert _check_all(client, engine) == 0


def test_what_is_rolled_back_does_not_count(client: FlaskClient, engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO review (brand_slug, text, stars) VALUES ('nike', 'x', 5)"))
        connection.rollback()
    assert _check_all(client, engine) == 0


@pytest.mark.parametrize("change", [{"stars": 1}, {"brand_slug": "zara"}, {"label": "bad"}, {"created_at": NOON}])
def test_what_is_counted_cannot_be_changed(engine: Engine, change: dict[str, object]) -> None:
    add_reviews(engine, [{"created_at": NOON - dt.timedelta(days=1), **scored(0.9)}])
    with engine.begin() as connection, pytest.raises(IntegrityError, match="counted fields"):
        connection.execute(update(Review).values(change))
