"""Spans of every service reach a collector outside, past the policies."""

from collections.abc import Iterator

import pytest
import urllib3

from tests.support.cluster.commands import CLUSTER
from tests.support.cluster.release import Release, wait_until
from tests.support.otlp import Collector, running_collector

# This machine, as pods of the cluster beside this repository reach it.
HERE = "10.99.0.1"


@pytest.fixture
def collector(release: Release) -> Iterator[Collector]:
    if not CLUSTER.exists():
        pytest.skip("the cluster has no way to this machine")
    with running_collector(HERE) as running:
        release.upgrade({"tracing": {"endpoint": running.url, "share": 1}})
        yield running
        release.upgrade()


def test_a_prediction_is_one_trace(release: Release, collector: Collector) -> None:
    answer = urllib3.request("POST", f"{release.address('frontend')}/predict", json={"text": "Fine"}, timeout=20)
    assert answer.status == 200

    def is_whole(trace_id: str) -> bool:
        services = {span.service for span in collector.trace(trace_id)}
        return services == {"opine-frontend", "opine-reviews", "opine-sentiment"}

    # Others have texts computed, too: who reads new reviews for their terms.
    def computed() -> set[str]:
        return {span.trace_id for span in collector.spans if span.name == "compute"}

    wait_until(lambda: any(map(is_whole, computed())), "a whole trace", 60)
