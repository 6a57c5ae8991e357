"""The model's pods follow what is asked of them, by Prometheus and the custom metrics API."""

import json
import threading
import time
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.support.cluster.commands import CLUSTER, CommandError, run
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

METRIC = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/{}/pods/*/opine_sentiment_offered_compute_seconds_total"
BODY = json.dumps({"texts": ["Quick delivery and friendly people, I would buy again. " * 40] * 4}).encode()


@pytest.fixture
def scaled(settled: Release) -> Iterator[Release]:
    """One pod of the model, scaled by demand."""
    if CLUSTER.exists():
        run(str(CLUSTER), "monitoring", env=settled.env, timeout=300)
    try:
        settled.kubectl("get", "--raw", "/apis/custom.metrics.k8s.io/v1beta1")
    except CommandError:
        pytest.skip("the cluster has no custom metrics API")
    scaling = {"enabled": True, "minReplicas": 1, "scaleDownStabilizationSeconds": 15}
    monitoring = {"enabled": True, "interval": "5s", "scrapeTimeout": "4s"}
    settled.upgrade({"monitoring": monitoring, "sentiment": {"autoscaling": scaling}})
    yield settled
    # The number of pods belonged to the autoscaler; Helm takes it back.
    settled.upgrade({}, "--force-conflicts")


def ask_until(url: str, ended: threading.Event, statuses: list[object]) -> None:
    while not ended.is_set():
        try:
            with urlopen(Request(url, BODY, {"Content-Type": "application/json"}), timeout=30) as answer:  # noqa: S310  our own address
                statuses.append(answer.status)
        except (URLError, OSError) as error:
            statuses.append(repr(error))


def has_metric(release: Release) -> bool:
    try:
        return "opine-sentiment-" in release.kubectl("get", "--raw", METRIC.format(release.namespace))
    except CommandError:
        return False


def test_demand_adds_pods_and_rest_takes_them_away(scaled: Release, figures: dict[str, str]) -> None:
    wait_until(lambda: has_metric(scaled), "the metric", 240)
    wait_until(lambda: len(scaled.pods("sentiment")) == 1, "one pod", 240)
    ended, statuses = threading.Event(), list[object]()
    url = f"{scaled.address('sentiment')}/v1/predict"
    clients = [threading.Thread(target=ask_until, args=(url, ended, statuses)) for _ in range(24)]
    started = time.monotonic()
    for client in clients:
        client.start()
    try:
        wait_until(lambda: len(scaled.pods("sentiment")) > 1, "a second pod", 120)
        added = time.monotonic() - started
        scaled.rollout("sentiment")
    finally:
        ended.set()
        for client in clients:
            client.join()
    rested = time.monotonic()
    wait_until(lambda: len(scaled.pods("sentiment")) == 1, "one pod again", 240)
    figures["demand on the model, HPA"] = (
        f"a pod more after {added:.0f} s, one again {time.monotonic() - rested:.0f} s after it; "
        f"{len(statuses)} requests, {len([s for s in statuses if s != 200])} failed"
    )
    assert set(statuses) == {200}
