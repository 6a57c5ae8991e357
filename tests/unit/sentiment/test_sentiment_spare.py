"""The lowest class of the batcher: what no request asked for keeps none waiting."""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from dataclasses import dataclass, field
from random import Random
from statistics import mean
from typing import TYPE_CHECKING

import pytest
from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.spare import LONGEST_S, MOST_WAITING, SHARE, SpareTexts
from opine_sentiment.batching.work import ROW_COST, Computed, Failed

from tests.support import ROOT
from tests.unit.sentiment.test_sentiment_health import Observer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

UNIT_S = 1e-5
SHORT = "x"
TOO_LONG = "x" * int(LONGEST_S / UNIT_S)
BAD = "bad"
UNREADABLE = "unreadable"
FRACTIONS = {0.02: "fiftieth"}


def read(text: str) -> str:
    if text == UNREADABLE:
        raise ValueError(text)
    return text


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
        assert expected_s <= LONGEST_S or not any(text.startswith("spare") for text in encoded)
        assert not any(explain)
        self.batches.append(list(encoded))
        if self.held is not None:
            await self.held.wait()
        if BAD in encoded:
            raise RuntimeError(BAD)
        return Computed([text.upper() for text in encoded], 0.001)

    async def self_test(self) -> None: ...

    def offer(self, text: str) -> bool:
        return self.batcher.offer(text, encode=read, on_answer=self.answers.append)

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


def test_it_is_computed_when_nobody_waits_one_after_the_other(bench: Bench) -> None:
    async def scenario() -> None:
        for number in range(3):
            assert bench.offer(f"spare{number}")
        await until(bench, 3)

    bench.drive(scenario())
    assert bench.batches == [["spare0"], ["spare1"], ["spare2"]]
    assert bench.answers == ["SPARE0", "SPARE1", "SPARE2"]


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


def test_a_long_text_is_not_taken_nor_one_more_than_may_wait(bench: Bench) -> None:
    assert not bench.offer(TOO_LONG)
    assert [bench.offer(f"spare{number}") for number in range(MOST_WAITING + 2)] == [True] * MOST_WAITING + [False] * 2
    assert bench.observer.rejected_rows == {"spare": 3}

    async def scenario() -> None:
        await until(bench, MOST_WAITING)
        assert bench.offer("spare later")
        await until(bench, MOST_WAITING + 1)

    bench.drive(scenario())


def test_one_that_fails_is_told_alone(bench: Bench) -> None:
    async def scenario() -> None:
        for text in (UNREADABLE, BAD, "spare"):
            assert bench.offer(text)
        await until(bench, 3)
        assert await bench.ask("live") == ["LIVE"]

    bench.drive(scenario())
    unreadable, bad, good = bench.answers
    assert isinstance(unreadable, Failed)
    assert isinstance(bad, Failed)
    assert good == "SPARE"


def test_nothing_is_taken_at_the_end(bench: Bench) -> None:
    async def scenario() -> None:
        bench.batcher.close()
        assert not bench.offer(SHORT)

    bench.drive(scenario())


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spare_texts(overhead_s: float = 0.0) -> tuple[SpareTexts[str, str], CostModel, Clock, Observer]:
    model, clock, observer = CostModel(overhead_s, UNIT_S), Clock(), Observer()
    return SpareTexts(model, observer, clock), model, clock, observer


def taken(spare: SpareTexts[str, str]) -> list[str]:
    return [encoded for _, encoded in spare.take()]


def test_they_get_a_share_of_the_time_in_which_the_engine_is_free() -> None:
    spare, _, clock, _ = spare_texts()
    assert spare.due_in_s == math.inf, "nothing waits"
    for text in "ab":
        assert spare.offer(text, read, print)
    assert spare.due_in_s == 0
    assert taken(spare) == ["a"]
    spare.computed(0.001)
    assert spare.due_in_s == pytest.approx(0.001 / SHARE)
    clock.now += 0.5 * 0.001 / SHARE
    spare.engine_worked(0.02)
    assert spare.due_in_s == pytest.approx(0.5 * 0.001 / SHARE + 0.02), "requests were computed meanwhile"
    clock.now += 1
    assert spare.due_in_s == 0


def test_a_batch_is_one_text_unless_the_overhead_is_most_of_it() -> None:
    spare, model, _, _ = spare_texts(overhead_s=0.05)
    for number in range(MOST_WAITING):
        spare.offer(f"{number}", read, print)
    assert taken(spare) == [f"{number}" for number in range(MOST_WAITING)], "as on a GPU"
    model.overhead_s = 0.0001
    for text in "ab":
        spare.offer(text, read, print)
    assert taken(spare) == ["a"]


def test_what_became_too_long_since_it_was_taken_is_given_up() -> None:
    spare, model, _, observer = spare_texts()
    spare.offer("x" * 100, read, print)
    spare.offer("short", read, print)
    model.unit_s *= 2
    assert taken(spare) == ["short"]
    assert observer.rejected_rows == {"spare": 1}


class VirtualSelector(selectors.SelectSelector):
    """Never waits: the clock jumps to when something is due."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = VirtualSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


OVERHEAD_S, CHARACTER_S, REQUEST_S = 0.0004, 1.7e-6, 0.0003
LENGTHS = (25, 75, 118, 159, 210, 269, 342, 437, 594)
LOAD = 0.7


@dataclass
class Run:
    waited: list[float] = field(default_factory=list)
    spare_s: list[float] = field(default_factory=list)
    """Of each spare batch."""
    behind: list[float] = field(default_factory=list)
    """What was left of a spare batch when a request came."""
    seconds: float = 0

    @property
    def p99(self) -> float:
        return sorted(self.waited)[int(0.99 * len(self.waited))]


def visitors(seconds: float, *, shadowed: bool) -> Run:
    """Requests of one text at random moments, at 70 % load; engine and event loop share a processor, as in a pod."""
    loop, run = VirtualLoop(), Run()
    clock = loop.selector

    async def compute(texts: Sequence[str], explain: Sequence[bool], took: float) -> Computed[str]:
        assert len(explain) == len(texts)
        clock.now += took
        if texts[0].startswith("spare"):
            run.spare_s.append(took)
            spare_until[0] = clock.now
        return Computed(list(texts), took)

    async def self_test() -> None: ...

    spare_until = [0.0]
    observer = Observer()
    batcher: Batcher[str, str] = Batcher(
        compute=compute,
        limits=BatchLimits(max_queue_rows=1000, max_rows=32, max_cost=100_000, target_s=0.05),
        model=CostModel(OVERHEAD_S, CHARACTER_S),
        health=EngineHealth(self_test, observer),
        observer=observer,
        clock=loop.time,
    )

    async def ask(text: str, due_at: float) -> None:
        run.behind.append(max(spare_until[0] - due_at, 0))
        clock.now += REQUEST_S
        await batcher.submit([text], encode=str, explain=False, deadline=math.inf)
        run.waited.append(clock.now - due_at)
        if shadowed:
            batcher.offer(f"spare{text}", encode=str, on_answer=lambda _: None)

    asked: list[asyncio.Task[None]] = []

    def come(text: str, due_at: float) -> None:
        asked.append(loop.create_task(ask(text, due_at)))

    async def scenario() -> None:
        running = asyncio.create_task(batcher.run())
        random = Random(1)
        text_s = OVERHEAD_S + CHARACTER_S * (sum(LENGTHS) / len(LENGTHS) + ROW_COST) + REQUEST_S
        due_at = 0.0
        while (due_at := due_at + random.expovariate(LOAD / text_s)) < seconds:
            loop.call_at(due_at, come, "x" * random.choice(LENGTHS), due_at)
        await asyncio.sleep(seconds)
        await asyncio.gather(*asked)
        batcher.close()
        await running
        run.seconds = clock.now

    loop.run_until_complete(scenario())
    loop.close()
    return run


def test_a_busy_service_s_visitors_do_not_notice_a_shadow() -> None:
    without, shadowed = visitors(6, shadowed=False), visitors(6, shadowed=True)
    assert not without.spare_s
    assert len(shadowed.spare_s) > 50, "in six seconds; a release needs 500 in ten minutes"
    assert max(shadowed.spare_s) <= LONGEST_S
    assert max(shadowed.behind) <= LONGEST_S
    assert sum(wait > 0 for wait in shadowed.behind) < 0.05 * len(shadowed.behind), "few requests find one at all"
    assert sum(shadowed.spare_s) <= SHARE * shadowed.seconds
    assert shadowed.p99 <= 1.02 * without.p99
    assert mean(shadowed.waited) <= 1.02 * mean(without.waited)


def test_they_would_notice_one_that_takes_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opine_sentiment.batching.spare.SHARE", 1)
    without, shadowed = visitors(6, shadowed=False), visitors(6, shadowed=True)
    assert mean(shadowed.waited) > 1.1 * mean(without.waited)


def test_the_readme_has_the_numbers() -> None:
    readme = " ".join((ROOT / "services/sentiment/README.md").read_text().split())
    sentence = (
        f"A text that would take longer than {LONGEST_S * 1000:.0f} ms, or than twice a batch's overhead, "
        f"is not taken, nor one while {MOST_WAITING} wait. "
        "The batch is one text, or more where the overhead is most of it, "
        f"and gets a {FRACTIONS[SHARE]} of the time in which the engine is free."
    )
    assert sentence in readme
