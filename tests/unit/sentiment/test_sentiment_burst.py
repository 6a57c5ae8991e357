"""What an idle engine's first batch has of a burst whose requests come one by one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.work import Computed

from tests.unit.sentiment.test_sentiment_health import Observer

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("overhead_s", "batches"),
    [
        pytest.param(100.0, [["a", "b", "c"]], id="a slow start of a batch is worth a wait of a fiftieth of it"),
        pytest.param(0.001, [["a"], ["b"], ["c"]], id="a fast one is not"),
    ],
)
def test_a_batch_waits_for_others_in_proportion_to_its_overhead(overhead_s: float, batches: list[list[str]]) -> None:
    computed: list[list[str]] = []

    async def compute(encoded: Sequence[str], _explain: Sequence[bool], _expected_s: float) -> Computed[str]:
        computed.append(list(encoded))
        return Computed(encoded, overhead_s)

    async def self_test() -> None: ...

    async def scenario() -> None:
        observer = Observer()
        batcher: Batcher[str, str] = Batcher(
            compute=compute,
            limits=BatchLimits(max_queue_rows=100, max_rows=3, max_cost=10_000, target_s=1000),
            model=CostModel(overhead_s, 1e-9),
            health=EngineHealth(self_test, observer),
            observer=observer,
        )
        running = asyncio.create_task(batcher.run())
        async with asyncio.TaskGroup() as group:
            for text in "abc":
                group.create_task(batcher.submit([text], encode=str, explain=False, deadline=time.monotonic() + 1000))
                await asyncio.sleep(0.02)
        batcher.close()
        await running

    asyncio.run(scenario())
    assert computed == batches
