"""A node is drained: every pod goes by the Eviction API, as fast as the disruption budgets let it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cluster.evictions import evict
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill


def stateless(release: Release) -> list[str]:
    return [
        pod["metadata"]["name"] for part in ("sentiment", "reviews", "frontend", "pooler") for pod in release.pods(part)
    ]


def test_every_pod_is_evicted_and_no_request_fails(settled: Release, under_load: Callable[..., Any]) -> None:
    refused = 0
    # 16 threads serve a frontend pod: there are more who keep a connection.
    with under_load(
        "every pod evicted within its budget, with 40 more clients that keep their connections", 40
    ) as load:
        left = stateless(settled)
        while left:
            still = [pod for pod in left if not evict(settled, pod)]
            refused += len(still)
            left = still
            time.sleep(2)
        wait_until(settled.is_restored, "every pod ready", 240)
        time.sleep(5)
    assert refused > 0, "a budget that lets everything go at once protects nothing"
    assert load.failures == []
