"""Names and labels of the metrics, which dashboards and alerts rely on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support import ROOT

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from tests.support.sentiment.server import Server

README = ROOT / "services/sentiment/README.md"
FROZEN = {
    "opine_http_requests": ("counter", {"service", "route", "method", "status"}),
    "opine_http_request_duration_seconds": ("histogram", {"service", "route", "method"}),
    "opine_sentiment_batch_rows": ("histogram", set()),
    "opine_sentiment_batch_characters": ("histogram", set()),
    "opine_sentiment_queue_wait_seconds": ("histogram", set()),
    "opine_sentiment_compute_seconds": ("histogram", set()),
    "opine_sentiment_queue_rows": ("gauge", set()),
    "opine_sentiment_deadline_misses": ("counter", set()),
    "opine_sentiment_estimated_batch_overhead_seconds": ("gauge", set()),
    "opine_sentiment_estimated_character_seconds": ("gauge", set()),
    "opine_sentiment_rejected": ("counter", {"reason"}),
    "opine_sentiment_predictions": ("counter", {"label", "model_version", "role"}),
    "opine_sentiment_text_errors": ("counter", {"code"}),
    "opine_sentiment_offered_compute_seconds": ("counter", set()),
    "opine_sentiment_engine_failures": ("counter", set()),
    "opine_sentiment_engine_broken": ("gauge", set()),
    "opine_sentiment_model_info": ("gauge", {"role", "name", "version", "digest", "engine", "device", "precision"}),
    "opine_sentiment_model_source": ("gauge", {"source"}),
    "opine_sentiment_release_revision": ("gauge", set()),
    "opine_sentiment_registry_failures": ("counter", set()),
    "opine_sentiment_refused_versions": ("counter", {"reason"}),
    "opine_sentiment_canary_requests": ("counter", {"release", "role", "outcome"}),
    "opine_sentiment_shadow_texts": ("counter", {"model_version", "outcome"}),
    "opine_sentiment_shadow_flips": ("counter", {"model_version", "what"}),
    "opine_sentiment_shadow_score_distance": ("histogram", {"model_version"}),
}

# Without a series until something is rejected, refused or shadowed; test_sentiment_releases.py sees the latter.
SELDOM = {
    "opine_sentiment_rejected",
    "opine_sentiment_refused_versions",
    "opine_sentiment_canary_requests",
    "opine_sentiment_shadow_texts",
    "opine_sentiment_shadow_flips",
    "opine_sentiment_shadow_score_distance",
}


def scrape(server: Server) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(server.http.get("/metrics").text)}


def test_names_and_labels_are_frozen(stand_in: Server) -> None:
    texts = ["good", "x" * 200, "y" * 13]
    stand_in.http.post("/v1/predict", json={"texts": texts})
    families = scrape(stand_in)
    found = {
        name: (family.type, {label for sample in family.samples for label in sample.labels} - {"le"})
        for name, family in families.items()
        if name.startswith("opine_")
    }
    assert {name: found.get(name) for name in FROZEN if name not in SELDOM} == {
        name: what for name, what in FROZEN.items() if name not in SELDOM
    }
    assert set(found) <= set(FROZEN), "a metric that nothing froze"


def test_the_readme_lists_every_metric_of_this_service() -> None:
    ours = {name + "_total" * (kind == "counter") for name, (kind, _) in FROZEN.items() if "_sentiment_" in name}
    assert set(re.findall(r"`(opine_sentiment_\w+)`", README.read_text())) == ours


def test_texts_are_counted_by_label_version_and_code(stand_in: Server) -> None:
    def values(name: str) -> dict[str, float]:
        return {"/".join(sample.labels.values()): sample.value for sample in scrape(stand_in)[name].samples}

    stand_in.http.post("/v1/predict", json={"texts": ["one", "x" * 200]})
    predictions, errors = values("opine_sentiment_predictions"), values("opine_sentiment_text_errors")
    stand_in.http.post("/v1/predict", json={"texts": ["one", "two", "x" * 200]})
    assert values("opine_sentiment_predictions")["good/7.0.0/live"] == predictions["good/7.0.0/live"] + 2
    assert values("opine_sentiment_text_errors")["too_long"] == errors["too_long"] + 1
    assert values("opine_sentiment_model_info") == {f"stand-in/{'7' * 64}/onnx/stand-in/fp32/live/7.0.0": 1}


def test_random_paths_and_methods_make_no_new_series(stand_in: Server) -> None:
    def series() -> int:
        return len(scrape(stand_in)["opine_http_requests"].samples)

    def scan(run: str) -> None:
        with httpx.Client(base_url=stand_in.url) as client:
            for number in range(20):
                assert client.get(f"/{run}/{number}.php").status_code == 404
                client.request(f"{run.upper()}{number}", "/v1/predict")

    scan("first")
    before = series()
    scan("second")
    assert series() == before
