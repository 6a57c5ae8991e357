"""KEDA: more pods of the model on demand, none while nobody writes, and one again for who begins."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.load import Load
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

TEXT = {"text": "Quick delivery and friendly people, I would buy again."}
QUIET_S = 30
SCALING = {
    "enabled": True,
    "type": "keda",
    "minReplicas": 0,
    "maxReplicas": 3,
    "targetOfferedCompute": 0.02,
    "scaleDownStabilizationSeconds": QUIET_S,
    "keda": {"prometheusAddress": "http://prometheus-operated.monitoring.svc:9090", "pollingInterval": 5},
}


@pytest.fixture
def sleeping(settled: Release) -> Iterator[Release]:
    """Nobody writes, and no pod of the model is left."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no KEDA of ours")
    for addition in ("monitoring", "keda"):
        run(str(CLUSTER), addition, env=settled.env, timeout=1800)
    monitoring = {"enabled": True, "interval": "5s", "scrapeTimeout": "4s"}
    settled.upgrade({"sentiment": {"autoscaling": SCALING}, "monitoring": monitoring})
    wait_until(lambda: settled.pods("sentiment") == [], "the model to fall asleep", 420)
    yield settled
    # The number of pods was the autoscaler's; Helm takes it back.
    settled.upgrade({}, "--force-conflicts")


def ask(address: str, path: str, body: object) -> tuple[int, Any]:
    answer = urllib3.request("POST", f"{address}{path}", json=body, timeout=20, retries=False)
    return answer.status, answer.json()


def test_who_begins_to_write_wakes_the_model_and_is_told(sleeping: Release, figures: dict[str, str]) -> None:
    page = sleeping.address("frontend")
    started = time.monotonic()
    status, told = ask(page, "/predict", TEXT)
    assert status == 503
    assert told["title"] == "Opine is waking up"
    review = {"brand": "lego", **TEXT, "stars": 5, "prediction": None}
    assert ask(page, "/submit", {"key": f"asleep-{time.time_ns()}", "review": review})[0] == 201

    def proposed() -> bool:
        # As often as the page asks again by itself.
        time.sleep(2)
        return ask(page, "/predict", TEXT)[0] == 200

    wait_until(proposed, "a proposal", 180)
    woken = time.monotonic() - started
    (pod,) = sleeping.pods("sentiment")
    began, ready = (_seconds(pod, what) for what in ("PodScheduled", "Ready"))
    figures["a text for a model that sleeps, KEDA and Prometheus looking every 5 s"] = (
        f"a proposal after {woken:.0f} s, {ready - began:.0f} of them the pod's start; a review was saved meanwhile"
    )

    with Load(page, pause_s=0) as load:
        wait_until(lambda: len(sleeping.pods("sentiment")) > 1, "a second pod on demand", 180)
        sleeping.rollout("sentiment")
    assert load.failures == []
    ended = time.monotonic()
    wait_until(lambda: sleeping.pods("sentiment") == [], "the model to fall asleep", 420)
    figures["the same model after the last text"] = f"no pod {time.monotonic() - ended:.0f} s later"


def _seconds(pod: dict[str, Any], condition: str) -> float:
    (at,) = [one["lastTransitionTime"] for one in pod["status"]["conditions"] if one["type"] == condition]
    return dt.datetime.fromisoformat(at).timestamp()
