"""The lowest class of the batcher: what no request asked for keeps none waiting."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from opine_sentiment.batching.batcher import _MOST_SPARE, _SPARE_S, Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.work import Computed, Failed

from tests.unit.sentiment.test_sentiment_health import Observer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

UNIT_S = 1e-5
SHORT = "x"
TOO_LONG = "x" * int(_SPARE_S / UNIT_S)
BAD = "bad"


class Bench:
    """A batcher around an engine that takes no time, unless it is held."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.held: asyncio.Event | None = None
        self.observer = Observer()
        self.answers: list[object] = []
        self.batcher: Batcher[str, str] = Batcher(
            compute=self.compute,
            limits=BatchLimits(max_queue_rows=100, max_rows=4, max_cost=10_000, target_s=1),
            model=CostModel(0.0, UNIT_S),
            health=EngineHealth(self.self_test, self.observer),
            observer=self.observer,
        )

    async def compute(self, encoded: Sequence[str], explain: Sequence[bool], expected_s: float) -> Computed[str]:
        assert expected_s <= _SPARE_S or not any(text.startswith("spare") for text in encoded)
        assert not any(explain)
        self.batches.append(list(encoded))
        if self.held is not None:
            await self.held.wait()
        if BAD in encoded:
            raise RuntimeError(BAD)
        return Computed([text.upper() for text in encoded], 0.001)

    async def self_test(self) -> None: ...

    def offer(self, text: str) -> bool:
        return self.batcher.offer(text, self.answers.append)

    async def ask(self, *texts: str) -> list[str | Failed]:
        return await self.batcher.submit(texts, encode=str, explain=False, deadline=time.monotonic() + 60)

    def drive(self, scenario: Coroutine[None, None, None]) -> None:
        async def run() -> None:
            running = asyncio.create_task(self.batcher.run())
            await scenario
            self.batcher.close()
            await asyncio.wait_for(running, 5)

        asyncio.run(run())


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def until(bench: Bench, answers: int) -> None:
    async with asyncio.timeout(10):
        while len(bench.answers) < answers:  # noqa: ASYNC110  what is awaited tells no event
            await asyncio.sleep(0)


def test_it_is_computed_when_nobody_waits_newest_first(bench: Bench) -> None:
    async def scenario() -> None:
        for number in range(3):
            assert bench.offer(f"spare{number}")
        await until(bench, 3)

    bench.drive(scenario())
    assert bench.batches == [["spare2", "spare1", "spare0"]]
    assert bench.answers == ["SPARE2", "SPARE1", "SPARE0"]


def test_requests_go_first(bench: Bench) -> None:
    async def scenario() -> None:
        bench.held = asyncio.Event()
        first = asyncio.create_task(bench.ask("first"))
        while not bench.batches:  # noqa: ASYNC110  as above
            await asyncio.sleep(0)
        bench.offer("spare")
        second = asyncio.create_task(bench.ask("second"))
        await asyncio.sleep(0)
        bench.held.set()
        assert [await first, await second] == [["FIRST"], ["SECOND"]]
        await until(bench, 1)

    bench.drive(scenario())
    assert bench.batches == [["first"], ["second"], ["spare"]]


def test_a_long_text_is_not_taken_and_the_oldest_makes_room(bench: Bench) -> None:
    assert not bench.offer(TOO_LONG)
    for number in range(_MOST_SPARE + 2):
        assert bench.offer(f"spare{number:05}")
    assert bench.observer.rejected_rows == {"spare": 2}

    async def scenario() -> None:
        await until(bench, _MOST_SPARE)

    bench.drive(scenario())
    assert len(bench.batches) > 1, "each is as short as `compute` asserts"
    assert "SPARE00001" not in bench.answers


def test_one_that_fails_is_told_alone(bench: Bench) -> None:
    async def scenario() -> None:
        for text in ("spare", BAD):
            bench.offer(text)
        await until(bench, 2)
        assert await bench.ask("live") == ["LIVE"]

    bench.drive(scenario())
    bad, good = bench.answers
    assert isinstance(bad, Failed)
    assert good == "SPARE"


def test_nothing_is_taken_at_the_end(bench: Bench) -> None:
    async def scenario() -> None:
        bench.batcher.close()
        assert not bench.offer(SHORT)

    bench.drive(scenario())
