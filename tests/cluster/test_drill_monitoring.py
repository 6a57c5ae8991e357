"""Prometheus takes the chart's rules, and every panel of the dashboards has data under load."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.support.chart.dashboards import DASHBOARDS, queries
from tests.support.chart.metrics import THIRD_PARTIES, asked, exported
from tests.support.cluster.commands import CLUSTER, CommandError, run
from tests.support.cluster.load import BRAND
from tests.support.cluster.prometheus import API, prometheus
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

# Whatever a night measures, and what only an open release has, which other drills start.
BY_NIGHT_OR_RELEASE = ("opine_scrape_last_", "opine_drift_", "opine_sentiment_shadow_", "opine_sentiment_canary_")
# What a cluster needs more than Prometheus and CloudNativePG for, or one of these: exporters, backups, a failure.
ELSEWHERE = {
    *(name for who, names in THIRD_PARTIES.items() if who not in {"Prometheus", "CloudNativePG"} for name in names),
    "ALERTS",
    # A segment is closed after five minutes at the earliest.
    "cnpg_pg_stat_archiver_last_archived_time",
    "opine_reviews_failed_predictions_total",
    "opine_release_weight",
    "opine_sentiment_refused_versions_total",
    *(name for name in exported() if name.startswith(BY_NIGHT_OR_RELEASE)),
}


@pytest.fixture
def monitored(settled: Release) -> Iterator[Release]:
    if CLUSTER.exists():
        run(str(CLUSTER), "monitoring", env=settled.env, timeout=300)
    try:
        settled.kubectl("get", "--raw", f"{API}/query?query=1")
    except CommandError:
        pytest.skip("the cluster has no Prometheus by its operator in the namespace monitoring")
    settled.upgrade({"monitoring": {"enabled": True, "interval": "5s", "scrapeTimeout": "4s"}})
    yield settled
    settled.upgrade()


def loaded_rules(release: Release) -> dict[str, str]:
    """Health of each rule of the release, by name."""
    groups = prometheus(release, "rules")["groups"]
    return {
        rule["name"]: rule["health"]
        for group in groups
        if group["name"].startswith("opine-")
        for rule in group["rules"]
    }


def due(release: Release) -> list[str]:
    """The queries that a busy release must have data for."""
    texts = [query for file in DASHBOARDS for query in queries(json.loads(file.read_text()))]
    # A minute's rate is there sooner than five minutes', and no cluster of a test is a day old.
    asks = {
        text.replace("opine-test", release.namespace).replace("[5m]", "[1m]") for text in texts if "offset" not in text
    }
    return sorted(ask for ask in asks if not {one.name for one in asked(ask)} & ELSEWHERE)


def post(url: str, body: object, **headers: str) -> Any:  # noqa: ANN401  any JSON
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})  # noqa: S310  our own address
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310  our own address
            return json.load(answer)
    except OSError:
        return None


def use(reviews: str, sentiment: str, ended: threading.Event) -> None:
    """People who take the proposal and people who do not, one who brings another text's, and one who has no time."""
    stars = 0
    while not ended.wait(0.2):
        stars = stars % 5 + 1
        text = "Quick delivery, I would buy again."
        answer = post(f"{reviews}/api/v1/predictions", {"text": text})
        shown = answer and {key: answer["prediction"][key] for key in ("stars", "score", "label")}
        prediction = shown and {**shown, "model": answer["model"], "signature": answer["signature"]}
        for chosen in {stars, prediction["stars"] if prediction else 3}:
            review = {"brand": BRAND, "text": text, "stars": chosen, "prediction": prediction}
            post(f"{reviews}/api/v1/reviews", review)
        other = {"brand": BRAND, "text": f"{text} Or not.", "stars": stars, "prediction": prediction}
        post(f"{reviews}/api/v1/reviews", other)
        post(f"{sentiment}/v1/predict", {"texts": ["good", "x" * 30_000]})
        post(f"{sentiment}/v1/predict", {"texts": ["good " * 1000] * 20}, **{"X-Request-Timeout": "0.001"})


def test_rules_are_taken_and_every_panel_has_data(monitored: Release, figures: dict[str, str]) -> None:
    ended = threading.Event()
    arguments = (monitored.address("reviews"), monitored.address("sentiment"), ended)
    clients = [threading.Thread(target=use, args=arguments) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        wait_until(lambda: loaded_rules(monitored), "the rules", 120)
        wait_until(lambda: set(loaded_rules(monitored).values()) == {"ok"}, "healthy rules", 120)
        asks = due(monitored)
        left: list[str] = []

        def all_answered() -> bool:
            left[:] = [ask for ask in left or asks if not prometheus(monitored, "query", query=ask)["result"]]
            return not left

        try:
            wait_until(all_answered, "data for every query", 240)
        except AssertionError as error:
            raise AssertionError("\n".join(["no data for", *left])) from error
    finally:
        ended.set()
        for client in clients:
            client.join()
    figures["rules and dashboards under load"] = (
        f"{len(loaded_rules(monitored))} rules healthy, {len(asks)} queries of dashboards answered"
    )
    assert len(asks) > 50
