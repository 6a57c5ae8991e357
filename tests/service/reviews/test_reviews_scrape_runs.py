"""The list of the scraping's runs, and the metrics made of them."""

import datetime as dt

import pytest
from flask.testing import FlaskClient
from opine_reviews.database import Database
from opine_reviews.metrics import RunMetrics
from opine_reviews.settings import Settings
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text

from tests.support.reviews.checks import problem
from tests.support.reviews.rows import NOON, add_run

LIST = "/api/v1/scrape-runs"

DONE = {
    "run_id": "one",
    "ended_at": NOON + dt.timedelta(minutes=9),
    "outcome": "completed",
    "exit_code": 0,
    "pages": 12,
    "items": 230,
    "new_items": 200,
    "changed_items": 3,
    "duplicates": 30,
    "rejected": {"unknown_markup": 2},
    "errors": [{"url": "https://a.example/review/x", "reason": "unknown_markup", "saved_copy": "x.html"}],
}


def _samples() -> dict[tuple[str, ...], float]:
    """Values of the runs' metrics by name and labels, without a request to `/metrics`, which may look them up."""
    return {
        (sample.name.removeprefix("opine_scrape_"), *sample.labels.values()): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if family.name.startswith("opine_scrape_")
    }


def _refreshed(settings: Settings) -> dict[tuple[str, ...], float]:
    RunMetrics(Database(settings)).refresh()
    return _samples()


def test_a_listed_run_is_whole(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    add_run(engine, **DONE)
    add_run(engine, run_id="two", kind="discover")
    running, done = client.get(LIST, headers=admin).get_json()["items"]
    assert done == {
        **DONE,
        "kind": "crawl",
        "started_at": "2026-11-24T12:00:00Z",
        "ended_at": "2026-11-24T12:09:00Z",
    }
    assert (running["run_id"], running["outcome"], running["ended_at"]) == ("two", None, None)
    assert (running["pages"], running["rejected"], running["errors"]) == (0, {}, [])


def test_runs_are_paged_and_filtered(client: FlaskClient, engine: Engine, admin: dict[str, str]) -> None:
    for number in range(7):
        add_run(engine, run_id=str(number), kind="discover" if number % 3 == 0 else "crawl")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(LIST, headers=admin, query_string={"limit": 3} | cursor).get_json()
        seen += [run["run_id"] for run in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == list("6543210")
    crawls = client.get(LIST, headers=admin, query_string={"kind": "crawl"}).get_json()["items"]
    assert [run["run_id"] for run in crawls] == list("5421")
    other = client.get(LIST, headers=admin, query_string={"kind": "crawl"} | cursor)
    problem(other, 422, "invalid-cursor", field="cursor")
    problem(client.get(LIST, headers=admin, query_string={"kind": "all"}), 422, "invalid-request", field="kind")


@pytest.mark.parametrize(
    "row",
    [
        {"outcome": "completed"},
        {"ended_at": NOON},
        {"ended_at": NOON, "outcome": "fine"},
        {"kind": "all"},
        {"rejected": {str(number): "x" * 100 for number in range(200)}},
        {"errors": ["x" * 70_000]},
        {"errors": {}},
    ],
)
def test_a_run_that_makes_no_sense_is_not_stored(engine: Engine, row: dict[str, object]) -> None:
    with pytest.raises(Exception, match="ck_scrape_run"):
        add_run(engine, **row)


def test_metrics_show_counts_and_the_last_run(engine: Engine, settings: Settings) -> None:
    add_run(engine, **DONE)
    add_run(engine, ended_at=NOON - dt.timedelta(days=1), outcome="failed", rejected={"slow": 4})
    add_run(engine)
    found = _refreshed(settings)
    end = DONE["ended_at"]
    assert isinstance(end, dt.datetime)
    outcomes = ("completed", "blocked", "failed", "interrupted", "running")
    assert [found["runs", "crawl", outcome] for outcome in outcomes] == [1, 0, 1, 0, 1]
    assert found["last_success_timestamp_seconds", "crawl"] == end.timestamp()
    assert found["last_run_pages", "crawl"] == 12
    assert (found["last_run_items", "crawl"], found["last_run_new_items", "crawl"]) == (230, 200)
    assert found["last_run_rejected", "crawl", "unknown_markup"] == 2
    assert found["last_run_rejected", "crawl", "slow"] == 0
    later = {"ended_at": NOON + dt.timedelta(days=1), "outcome": "blocked", "pages": 1}
    add_run(engine, **later, rejected={"Not a <label>": 7})
    found = _refreshed(settings)
    assert found["last_success_timestamp_seconds", "crawl"] == end.timestamp()
    assert found["last_run_timestamp_seconds", "crawl"] == (NOON + dt.timedelta(days=1)).timestamp()
    assert found["last_run_pages", "crawl"] == 1
    assert found["last_run_rejected", "crawl", "unknown_markup"] == 0
    assert found["last_run_rejected", "crawl", "other"] == 7
    assert not any("label" in name for key in found for name in key)


def test_metrics_are_looked_up_once_in_a_while(engine: Engine, settings: Settings) -> None:
    metrics = RunMetrics(Database(settings))
    metrics.refresh()
    add_run(engine)
    metrics.refresh()
    assert _samples()["runs", "crawl", "running"] == 0
    RunMetrics(Database(settings), kept_s=0).refresh()
    assert _samples()["runs", "crawl", "running"] == 1


def test_without_the_database_the_metrics_stay_as_they_were(engine: Engine, settings: Settings) -> None:
    add_run(engine)
    RunMetrics(Database(settings)).refresh()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE scrape_run RENAME TO elsewhere"))
    try:
        RunMetrics(Database(settings)).refresh()
        assert _samples()["runs", "crawl", "running"] == 1
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO scrape_run"))
