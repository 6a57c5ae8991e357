"""Rows put straight into the tables."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from flask.testing import FlaskClient
from opine_reviews.migration import upgrade
from opine_reviews.models import Brand, BrandSource, DriftMeasurement, Review, ScrapedReview, ScrapeRun
from sqlalchemy import Engine, NullPool, create_engine, insert, text

BRANDS = (
    ("adidas", "Adidas", "Sports and outdoors"),
    ("air-canada", "Air Canada", "Airlines"),
    ("british-airways", "British Airways", "Airlines"),
    ("fair-trade", "Fair Trade Shop", "Online shops"),
    ("nike", "Nike", "Sports and outdoors"),
    ("new-air", "New Air", "Airlines"),
    ("the-air", "air", "Airlines"),
    ("zara", "Zara", "Fashion"),
)

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

Row = Mapping[str, object]


# In an order that their references allow.
TABLES = (
    "drift_measurement",
    "rate_limit",
    "ended_session",
    "report",
    "hidden_review",
    "review",  # with what was read in it
    "brand_month",
    "scraped_review",
    "scraped_count",
    "scrape_run",
    "brand_source",
    "brand",
)


def migrated(url: str) -> Engine:
    """Of a database that gets the schema and the brands; no connection is kept."""
    engine = create_engine(url, poolclass=NullPool)
    upgrade(engine)
    add_brands(engine)
    return engine


def empty_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        if connection.scalar(text("SELECT count(*) FROM model_version")):
            connection.exec_driver_sql(
                "TRUNCATE model_version, release, release_event, release_finding, training_run RESTART IDENTITY"
            )
        if connection.scalar(text("SELECT count(*) FROM moderation_event")):
            connection.exec_driver_sql("TRUNCATE moderation_event RESTART IDENTITY")
        # For so few rows many times faster than TRUNCATE, which makes every index anew.
        for table in TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  the names above
        for table in ("review", "scraped_review", "scrape_run"):
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)")


@contextmanager
def schema_at(engine: Engine, revision: str) -> Iterator[None]:
    """The schema says that it is at another revision, until the end of the block."""
    change = text("UPDATE alembic_version SET version_num = :revision")
    with engine.begin() as connection:
        head = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(change, {"revision": revision})
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(change, {"revision": head})


def add_brands(engine: Engine) -> None:
    rows = [
        {"slug": slug, "name": name, "website": f"https://{slug}.example.com", "sector": sector}
        for slug, name, sector in BRANDS
    ]
    with engine.begin() as connection:
        connection.execute(insert(Brand), rows)


def add_reviews(engine: Engine, rows: Iterable[Row]) -> list[int]:
    """Add reviews, each with what it does not name from a plain one; their ids in order."""
    plain = {"brand_slug": "nike", "text": "Good shoes", "stars": 4, "created_at": NOON}
    return _add(engine, Review, [plain | dict(row) for row in rows])


def add_company(engine: Engine, company: str, brand_slug: str, **changed: object) -> None:
    """A company of a source, on the brand that it is."""
    plain = {
        "source": "trustpilot",
        "name": company,
        "source_url": f"https://www.trustpilot.com/review/{company}",
        "read_at": NOON,
        "parser": "tests/1",
    }
    with engine.begin() as connection:
        connection.execute(
            insert(BrandSource).values({**plain, "company": company, "brand_slug": brand_slug, **changed})
        )


def add_scraped_reviews(engine: Engine, rows: Iterable[Row]) -> list[int]:
    """As `add_reviews`, of what was read elsewhere."""
    plain = {
        "brand_slug": "nike",
        "source": "trustpilot",
        "text": "Good shoes",
        "stars": 4,
        "reviewed_at": NOON,
        "source_url": "https://www.trustpilot.com/review/nike.com",
        "read_at": NOON,
        "parser": "tests/1",
    }
    return _add(engine, ScrapedReview, [{**plain, "source_review_id": uuid.uuid4().hex, **row} for row in rows])


def _add(engine: Engine, table: type[Review | ScrapedReview], rows: Iterable[dict[str, object]]) -> list[int]:
    """One statement for all that name the same columns: one for each row takes 2 ms, and some tests add 5,000."""
    adding = insert(table).returning(table.id, sort_by_parameter_order=True)
    with engine.begin() as connection:
        alike = [list(some) for _, some in groupby(rows, key=dict.keys)]
        return [number for some in alike for number in connection.scalars(adding, some)]


def add_run(engine: Engine, **changed: object) -> None:
    plain = {"run_id": uuid.uuid4().hex, "kind": "crawl", "started_at": NOON}
    with engine.begin() as connection:
        connection.execute(insert(ScrapeRun).values(plain | changed))


def add_terms(engine: Engine, review_ids: Iterable[int], terms: Mapping[str, float], *, repeated: bool = False) -> None:
    """What was read in reviews: the terms, with their pulls."""
    with engine.begin() as connection:
        for review_id in review_ids:
            row = {"id": review_id, "digest": "d" * 64}
            connection.execute(
                text(
                    "INSERT INTO review_reading (review_id, brand_slug, written_on, model_digest) "
                    "SELECT id, brand_slug, (created_at AT TIME ZONE 'UTC')::date, :digest FROM review WHERE id = :id"
                ),
                row,
            )
            for term, pull in terms.items():
                connection.execute(
                    text(
                        "INSERT INTO review_term (review_id, term, brand_slug, written_on, pull, repeated) "
                        "SELECT review_id, :term, brand_slug, written_on, :pull, :repeated FROM review_reading "
                        "WHERE review_id = :id"
                    ),
                    {**row, "term": term, "pull": pull, "repeated": repeated},
                )


def drift_word(text: str, **changed: object) -> Row:
    """A word that the model misreads, as a report has it."""
    return {
        "signal": "misread",
        "text": text,
        "source": "people",
        "sector": None,
        "now": {"hits": 30, "of": 40},
        "before": None,
        "direction": "for",
        "difference": 2.5,
        "since": (NOON - dt.timedelta(days=3)).isoformat(),
        "p_value": 1e-9,
    } | changed


def drift_report(**changed: object) -> Row:
    """A report in which one word is misread."""

    def share(hits: int, of: int) -> Row:
        return {"hits": hits, "of": of}

    def figures(source: str, now: Row, before: Row) -> Row:
        counted = {"agreement_now": now, "agreement_before": before, "language_now": now, "language_before": before}
        stability = {"score": 0.02, "label": 0.01, "length": None}
        return {"source": source, "reviews_now": 100, "reviews_before": 400, "stability": stability, **counted}

    until = changed.pop("until", NOON)
    assert isinstance(until, dt.datetime)
    return {
        "until": until.isoformat(),
        "since": (until - dt.timedelta(days=7)).isoformat(),
        "before": (until - dt.timedelta(days=35)).isoformat(),
        "model_digest": "d" * 64,
        "drifted": bool(changed.get("reasons", True)),
        "reasons": [
            {
                "signal": "misread",
                "source": "people",
                "said": "Proposals are corrected where texts say “bussin”.",
                "words": ["bussin"],
            }
        ],
        "figures": [
            figures("people", share(60, 100), share(320, 400)),
            figures("scraped", share(0, 0), share(0, 0)),
        ],
        "words": [drift_word("bussin")],
    } | changed


def add_drift(engine: Engine, report: Row) -> None:
    row = {"until": report["until"], "drifted": report["drifted"], "report": dict(report)}
    with engine.begin() as connection:
        connection.execute(insert(DriftMeasurement).values(row))


def scored(score: float, *, stars: int = 4) -> dict[str, object]:
    """The columns of a review's prediction."""
    label = "bad" if stars < 3 else "good" if stars > 3 else "average"
    return {"score": score, "suggested_stars": stars, "label": label, "model_name": "m", "model_version": "1"}


def submission(**changed: object) -> dict[str, object]:
    """The body of `POST /api/v1/reviews`, without a prediction."""
    return {"brand": "nike", "text": "Great shop!", "stars": 5} | changed


def shown_prediction(client: FlaskClient, text: str = "Great shop!") -> dict[str, Any]:
    """What a page sends along with a review, made as a page makes it."""
    answer = client.post("/api/v1/predictions", json={"text": text}).get_json()
    answered = answer["prediction"]
    shown = {name: answered[name] for name in ("stars", "score", "label", "abstention") if name in answered}
    return shown | {"model": answer["model"], "signature": answer["signature"]}


def form_of_2019(**changed: str) -> dict[str, str]:
    return {
        "review": "Great shop!",
        "rating": "4",
        "suggested_rating": "5",
        "sentiment_score": "0.93",
        "brand": "Nike",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "ip_address": "192.0.2.7",
    } | changed
