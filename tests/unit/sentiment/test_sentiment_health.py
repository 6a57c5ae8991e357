"""An engine that fails for good, one that recovers, and one bad text, which proves nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from opine_sentiment.batching import batcher as batcher_module
from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import FAILURES_BEFORE_TEST, RETEST_S, TESTS_BEFORE_DEAD, EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.work import FAILED, Computed, EngineBrokenError, Failed

from tests.support import ROOT

README = ROOT / "services/sentiment/README.md"
NUMBERS = {3: "three", 5: "five"}

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

BAD = "bad"


class Observer:
    def __init__(self) -> None:
        self.failures = 0
        self.rejected_rows: dict[str, int] = {}
        self.states: list[bool] = []

    def engine_failed(self) -> None:
        self.failures += 1

    def engine_broken(self, *, broken: bool) -> None:
        self.states.append(broken)

    def offered(self, seconds: float) -> None: ...

    def queued(self, rows: int) -> None: ...

    def waited(self, seconds: float) -> None: ...

    def computed(self, rows: int, characters: int, seconds: float) -> None: ...

    def estimated(self, overhead_s: float, unit_s: float) -> None: ...

    def missed(self, rows: int) -> None: ...

    def rejected(self, reason: str, rows: int) -> None:
        self.rejected_rows[reason] = self.rejected_rows.get(reason, 0) + rows


class Bench:
    """A batcher around an engine that fails on a bad text, or on everything while `down`."""

    def __init__(self) -> None:
        self.down = False
        self.observer = Observer()
        self.batcher: Batcher[str, str] = Batcher(
            compute=self.compute,
            limits=BatchLimits(max_queue_rows=100, max_rows=4, max_cost=10_000, target_s=1),
            model=CostModel(),
            health=EngineHealth(self.self_test, self.observer),
            observer=self.observer,
        )

    async def compute(self, encoded: Sequence[str], explain: Sequence[bool], expected_s: float) -> Computed[str]:
        del explain, expected_s
        await asyncio.sleep(0)
        if self.down or BAD in encoded:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return Computed([text.upper() for text in encoded], 0.001)

    async def self_test(self) -> None:
        await self.compute(["good"], [False], 0)

    async def ask(self, *texts: str) -> list[str | Failed]:
        return await self.batcher.submit(texts, encode=str, explain=False, deadline=time.monotonic() + 60)

    def drive(self, scenario: Coroutine[None, None, None]) -> None:
        async def run() -> None:
            running = asyncio.create_task(self.batcher.run())
            await scenario
            self.batcher.close()
            await asyncio.wait_for(running, 5)

        asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.005)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(batcher_module, "RETEST_S", 0.01)
    return Bench()


def test_bad_texts_fail_alone_and_trip_nothing(bench: Bench) -> None:
    async def scenario() -> None:
        for _ in range(2 * FAILURES_BEFORE_TEST):
            assert await bench.ask(BAD) == [FAILED]
        assert await bench.ask("a", BAD, "b", "c") == ["A", FAILED, "B", "C"]

    bench.drive(scenario())
    assert bench.observer.failures >= 2 * FAILURES_BEFORE_TEST
    assert bench.observer.states == []
    assert bench.batcher.working
    assert not bench.batcher.dead


def test_an_engine_that_fails_for_good_is_broken_then_dead(bench: Bench) -> None:
    async def scenario() -> None:
        assert await bench.ask("before") == ["BEFORE"]
        bench.down = True
        answers = await asyncio.gather(*(bench.ask("a", "b") for _ in range(6)), return_exceptions=True)
        assert {type(answer) for answer in answers} <= {list, EngineBrokenError}
        assert any(isinstance(answer, EngineBrokenError) for answer in answers)
        assert not bench.batcher.working
        with pytest.raises(EngineBrokenError):
            await bench.ask("nothing is accepted any more")
        await until(lambda: bench.batcher.dead)

    bench.drive(scenario())
    assert bench.observer.states[:TESTS_BEFORE_DEAD] == [True] * TESTS_BEFORE_DEAD
    assert bench.observer.rejected_rows["engine_broken"] >= 1


def test_an_engine_that_recovers_answers_again(bench: Bench) -> None:
    async def scenario() -> None:
        bench.down = True
        while bench.batcher.working:
            await asyncio.gather(bench.ask("a"), return_exceptions=True)
        bench.down = False
        await until(lambda: bench.batcher.working)
        assert await bench.ask("after") == ["AFTER"]

    bench.drive(scenario())
    assert bench.observer.states[-1] is False
    assert not bench.batcher.dead


def test_few_failures_in_a_row_are_no_reason_for_doubt(bench: Bench) -> None:
    async def scenario() -> None:
        bench.down = True
        for _ in range(FAILURES_BEFORE_TEST - 1):
            assert await bench.ask("a") == [FAILED]
        bench.down = False
        assert await bench.ask("a") == ["A"]
        bench.down = True
        assert await bench.ask("a") == [FAILED]

    bench.drive(scenario())
    assert bench.observer.states == []


def test_an_engine_that_hangs_is_dead_in_the_end(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    monkeypatch.setattr(batcher_module, "_STALLED_S", 0.05)
    hangs = asyncio.Event()

    async def compute(*_: object) -> Computed[str]:
        await hangs.wait()
        return Computed(["A"], 0.001)

    async def scenario() -> None:
        bench.batcher._compute = compute  # noqa: SLF001  the engine's place
        waiting = asyncio.create_task(bench.ask("a"))
        await asyncio.sleep(0)
        assert not bench.batcher.dead
        await until(lambda: bench.batcher.dead)
        hangs.set()
        assert await waiting == ["A"]

    bench.drive(scenario())


def test_readme_says_what_breaks_and_what_kills() -> None:
    text = " ".join(README.read_text().split())
    assert f"After {NUMBERS[FAILURES_BEFORE_TEST]} batches in a row" in text
    assert f"after {NUMBERS[TESTS_BEFORE_DEAD]} failures `/livez`" in text
    assert RETEST_S == 1
    assert "tried again every second" in text
    assert batcher_module._STALLED_S == 120  # noqa: SLF001  what the text says
    assert "works on a batch for two minutes" in text
