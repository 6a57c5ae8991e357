import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from opine_reviews.database import Database
from opine_reviews.drift.metrics import DriftMetrics
from opine_reviews.settings import Settings
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from tests.support.fake_sentiment import FakeSentiment
from tests.support.reviews.rows import (
    NOON,
    add_drift,
    add_run,
    drift_report,
    drift_word,
    form_of_2019,
    shown_prediction,
    submission,
)

# Names and labels without what every sample of a histogram has.
FROZEN = {
    "opine_http_requests": {"service", "route", "method", "status"},
    "opine_http_request_duration_seconds": {"service", "route", "method"},
    "opine_reviews_submitted": {"model_version", "suggested", "chosen", "agreement"},
    "opine_reviews_failed_predictions": {"reason"},
    "opine_reviews_rejected_predictions": {"reason"},
    "opine_release_decisions": {"kind"},
    "opine_release_weight": set(),
    "opine_release_last_decision_timestamp_seconds": set(),
    "opine_drift_measured_timestamp_seconds": set(),
    "opine_drift_reasons": {"source", "signal"},
    "opine_drift_agreement_ratio": {"source", "time"},
    "opine_drift_language_ratio": {"source", "time"},
    "opine_drift_stability_index": {"source", "figure"},
    "opine_drift_word_ratio": {"signal", "word"},
    "opine_training_runs": {"outcome"},
    "opine_scrape_runs": {"kind", "outcome"},
    "opine_scrape_last_success_timestamp_seconds": {"kind"},
    "opine_scrape_last_run_timestamp_seconds": {"kind"},
    "opine_scrape_last_run_pages": {"kind"},
    "opine_scrape_last_run_items": {"kind"},
    "opine_scrape_last_run_new_items": {"kind"},
    "opine_scrape_last_run_rejected": {"kind", "reason"},
}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _samples(client: FlaskClient) -> Samples:
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Gained:
    """By how much a sample grew since this was made."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self._before = _samples(client)

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return _samples(self._client).get(key, 0) - self._before.get(key, 0)


@pytest.fixture
def gained(client: FlaskClient) -> Gained:
    return Gained(client)


def test_names_and_labels_are_frozen(
    client: FlaskClient, engine: Engine, metrics: Callable[[], str], sentiment: FakeSentiment
) -> None:
    add_run(engine, ended_at=NOON, outcome="completed")
    add_drift(engine, drift_report())
    # Buffered, so that each answer is at its end, where it is counted.
    unsigned = {"stars": 5, "score": 0.9, "label": "good", "model": None}
    client.post("/api/v1/reviews", json=submission(prediction=unsigned), buffered=True)
    sentiment.mode = "broken"
    client.post("/api/v1/predictions", json={"text": "Fine"}, buffered=True)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics()):
        # Other tests of this process may have imported the sentiment service.
        if family.name.startswith("opine_") and not family.name.startswith("opine_sentiment_"):
            found[family.name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    created = {name for name in found if name.endswith("_created")}
    assert {name: labels for name, labels in found.items() if name not in created} == FROZEN


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/v1/brands/nike", "/api/v1/brands/<slug>"),
        ("/api/v1/brands/nobody", "/api/v1/brands/<slug>"),
        ("/made/up", "unmatched"),
    ],
)
def test_routes_are_counted_by_template(client: FlaskClient, gained: Gained, path: str, route: str) -> None:
    # Buffered, so that the answer is at its end, where it is counted.
    status = str(client.get(path, buffered=True).status_code)
    labels = {"service": "reviews", "route": route, "method": "GET"}
    assert gained("opine_http_requests_total", **labels, status=status) == 1
    assert gained("opine_http_request_duration_seconds_count", **labels) == 1


@pytest.mark.parametrize(
    ("stars", "predicted", "agreement"), [(5, True, "same"), (2, True, "corrected"), (2, False, "none")]
)
def test_submissions_are_counted_by_agreement(
    client: FlaskClient, gained: Gained, stars: int, predicted: bool, agreement: str
) -> None:
    body = submission(stars=stars, prediction=shown_prediction(client) if predicted else None)
    for _ in range(2):
        client.post("/api/v1/reviews", json=body, headers={"Idempotency-Key": "one"})
    labels = {"suggested": "5" if predicted else "none", "chosen": str(stars), "agreement": agreement}
    version = "1.0.0" if predicted else "none"
    assert gained("opine_reviews_submitted_total", model_version=version, **labels) == 1


def test_a_made_up_version_is_no_label(client: FlaskClient, gained: Gained) -> None:
    shown = {"stars": 5, "score": 0.9, "label": "good", "model": {"name": "m", "version": "6.6.6"}}
    client.post("/api/v1/reviews", json=submission(prediction=shown))
    labels = {"suggested": "none", "chosen": "5", "agreement": "none"}
    assert gained("opine_reviews_submitted_total", model_version="none", **labels) == 1
    assert gained("opine_reviews_rejected_predictions_total", reason="unsigned") == 1


def test_a_prediction_of_another_text_is_counted(client: FlaskClient, gained: Gained) -> None:
    client.post("/api/v1/reviews", json=submission(prediction=shown_prediction(client, "Another text")))
    assert gained("opine_reviews_rejected_predictions_total", reason="not_for_this_text") == 1


def test_a_review_of_2019_is_counted(client: FlaskClient, gained: Gained) -> None:
    client.post("/api/review", data=form_of_2019())
    labels = {"suggested": "5", "chosen": "4", "agreement": "corrected"}
    assert gained("opine_reviews_submitted_total", model_version="none", **labels) == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("busy", "busy"), ("broken", "engine"), ("unready", "engine"), ("engine error", "engine"),
     ("garbage", "bad_answer"), ("elsewhere", "bad_answer"), ("closed", "unreachable"), ("slow", "timeout"),
     ("late", "timeout"), ("text error", "refused_text"), ("malformed", "refused_text")],
)  # fmt: skip
def test_failed_predictions_are_counted_by_reason(
    client: FlaskClient, gained: Gained, sentiment: FakeSentiment, mode: str, reason: str
) -> None:
    sentiment.mode = mode
    client.post("/api/v1/predictions", json={"text": "Fine"})
    sentiment.released.set()
    assert gained("opine_reviews_failed_predictions_total", reason=reason) == 1


def test_the_words_of_the_last_report_are_shown_and_no_others(engine: Engine, settings: Settings) -> None:
    words = [drift_word(f"word{number}", p_value=10.0 ** (number - 20)) for number in range(12)]
    again = drift_word("word3", source="scraped", p_value=1e-5, now={"hits": 1, "of": 2})
    add_drift(engine, drift_report(words=[again, *words, drift_word("refund", signal="turned")]))
    metrics = DriftMetrics(Database(settings), kept_s=0)
    shown = _shown(metrics, "opine_drift_word_ratio")
    assert shown == {("misread", f"word{number}"): 0.75 for number in range(10)} | {("turned", "refund"): 0.75}
    assert _shown(metrics, "opine_drift_reasons")["people", "misread"] == 1
    assert len(_shown(metrics, "opine_drift_reasons")) == 12
    add_drift(engine, drift_report(until=NOON + dt.timedelta(days=1), words=[], reasons=[]))
    assert _shown(metrics, "opine_drift_word_ratio") == {}
    assert set(_shown(metrics, "opine_drift_reasons").values()) == {0}
    assert _shown(metrics, "opine_drift_agreement_ratio") == {("people", "now"): 0.6, ("people", "before"): 0.8}


def test_while_the_database_is_away_the_words_stay(engine: Engine, settings: Settings) -> None:
    database = Database(settings)
    metrics = DriftMetrics(database, kept_s=0)
    assert _shown(metrics, "opine_drift_measured_timestamp_seconds") == {}
    add_drift(engine, drift_report())
    assert _shown(metrics, "opine_drift_measured_timestamp_seconds") == {(): NOON.timestamp()}
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE drift_measurement RENAME TO elsewhere")
    try:
        assert _shown(metrics, "opine_drift_measured_timestamp_seconds") == {(): NOON.timestamp()}
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO drift_measurement")


def _shown(metrics: DriftMetrics, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.collect()
        if family.name == name
        for sample in family.samples
    }
