"""Whatever callers and the engine do, the batcher keeps its promises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from opine_sentiment.batching.batcher import Batcher
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.health import EngineHealth
from opine_sentiment.batching.scheduler import BatchLimits
from opine_sentiment.batching.work import FAILED, ROW_COST, Computed, ExpiredError, Failed, OverloadedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opine_sentiment.batching.work import RejectReason

MAX_QUEUE_ROWS, MAX_ROWS, MAX_COST = 12, 4, 40 + 3 * ROW_COST
POISON, UNREADABLE = "poison", "unreadable"


class Ledger:
    """The batcher's observer: what it says about itself."""

    def __init__(self) -> None:
        self.waiting = 0
        self.missed_rows = 0
        self.failures = 0
        self.reasons: list[str] = []

    def offered(self, seconds: float) -> None:
        assert seconds > 0

    def engine_failed(self) -> None:
        self.failures += 1

    def engine_broken(self, *, broken: bool) -> None:
        assert not broken, "one bad text must not break the engine"

    def queued(self, rows: int) -> None:
        self.waiting = rows
        assert 0 <= rows <= MAX_QUEUE_ROWS

    def waited(self, seconds: float) -> None:
        assert seconds >= 0

    def computed(self, rows: int, characters: int, seconds: float) -> None:
        assert rows <= MAX_ROWS
        assert characters + rows * ROW_COST <= MAX_COST or rows == 1
        assert seconds >= 0

    def estimated(self, overhead_s: float, unit_s: float) -> None:
        assert overhead_s > 0
        assert unit_s > 0

    def missed(self, rows: int) -> None:
        assert rows >= 0
        self.missed_rows += rows

    def rejected(self, reason: RejectReason, rows: int) -> None:
        assert rows >= 0
        self.reasons.append(reason)


@dataclass(eq=False)
class Call:
    """One request and what has been seen of it. Row `i` is the text `<number>.<i>.<kind and padding>`."""

    number: int
    texts: list[str]
    task: asyncio.Task[list[str | Failed]]
    deadline: float
    cancelled: bool = False


def encode(text: str) -> str:
    if UNREADABLE in text:
        raise ValueError(text)
    return text


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its timers come within a few turns."""

    turns = 0

    def time(self) -> float:
        self.turns += 1
        return self.turns / 20


class BatcherMachine(RuleBasedStateMachine):
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.loop = HurriedLoop()
        self.now = 0.0
        self.ledger = Ledger()
        self.seen: list[Call] = []
        self.faults: list[str] = []
        self.answered: list[str] = []
        self.running: tuple[list[str], asyncio.Future[None]] | None = None
        self.model = CostModel(0.5, 0.01)
        self.batcher: Batcher[str, str] = Batcher(
            compute=self.compute,
            limits=BatchLimits(max_queue_rows=MAX_QUEUE_ROWS, max_rows=MAX_ROWS, max_cost=MAX_COST, target_s=10),
            model=self.model,
            health=EngineHealth(self.self_test, self.ledger),
            observer=self.ledger,
            clock=lambda: self.now,
        )
        self.run_task = self.loop.create_task(self.batcher.run())

    async def compute(self, encoded: Sequence[str], explain: Sequence[bool], expected_s: float) -> Computed[str]:
        if expected_s != self.model.seconds(sum(len(text) + ROW_COST for text in encoded)):
            self.faults.append("not what the cost model says")
        if set(explain) != {False} or len(explain) != len(encoded):
            self.faults.append("explained without being asked")
        # Noted, not asserted: the batcher takes an error in here for the engine's.
        if self.running is not None:
            self.faults.append("two batches at once")
        for text in encoded:
            owner = self.seen[int(text.split(".")[0])]
            if owner.cancelled:
                self.faults.append("computed for a caller who had left")
        self.running, begun_at = (list(encoded), self.loop.create_future()), self.now
        try:
            await self.running[1]
        finally:
            self.running = None
        if any(POISON in text for text in encoded):
            raise RuntimeError(POISON)
        self.answered += encoded
        return Computed([f"answer to {text}" for text in encoded], self.now - begun_at)

    async def self_test(self) -> None:
        if self.running is not None:
            self.faults.append("a self-test beside a batch")

    def settle(self) -> None:
        for _ in range(40):
            self.loop.run_until_complete(asyncio.sleep(0))

    @rule(
        target=calls,
        kinds=st.lists(st.sampled_from(["", "", "x" * 15, "x" * 60, POISON, UNREADABLE]), max_size=8),
        timeout=st.sampled_from([0.6, 2.0, 8.0, 1000.0]),
    )
    def submit(self, kinds: list[str], timeout: float) -> object:
        number, deadline = len(self.seen), self.now + timeout
        texts = [f"{number}.{index}.{kind}" for index, kind in enumerate(kinds)]
        task = self.loop.create_task(self.batcher.submit(texts, encode=encode, explain=False, deadline=deadline))
        call = Call(number, texts, task, deadline)
        fits = self.ledger.waiting + len(texts) <= MAX_QUEUE_ROWS
        self.seen.append(call)
        self.settle()
        if task.done() and isinstance(error := task.exception(), OverloadedError):
            assert (error.reason == "queue_full") == (not fits)
            assert self.ledger.reasons[-1] == error.reason
            return multiple()
        assert fits, "accepted though the queue was full"
        return call

    @rule(seconds=st.floats(0.001, 5))
    def engine_answers(self, seconds: float) -> None:
        if self.running is not None:
            self.now += seconds
            self.running[1].set_result(None)
            self.settle()

    @rule(call=consumes(calls))
    def caller_leaves(self, call: Call) -> None:
        if not call.task.done():
            call.task.cancel()
            call.cancelled = True
            self.settle()

    @invariant()
    def nothing_went_wrong_in_the_engine(self) -> None:
        assert not self.faults

    @invariant()
    def the_engine_never_rests_while_rows_wait(self) -> None:
        assert self.running is not None or self.ledger.waiting == 0

    def teardown(self) -> None:
        self.batcher.close()
        self.settle()
        while self.running is not None:
            self.engine_answers(0.001)
        self.loop.run_until_complete(asyncio.wait_for(self.run_task, 5))
        for call in self.seen:
            if call.cancelled:
                continue
            if (error := call.task.exception()) is not None:
                assert isinstance(error, OverloadedError | ExpiredError)
                assert isinstance(error, OverloadedError) or "expired" in self.ledger.reasons
                continue
            bad = {text for text in call.texts if POISON in text or UNREADABLE in text}
            assert call.task.result() == [FAILED if text in bad else f"answer to {text}" for text in call.texts]
        assert len(self.answered) == len(set(self.answered)), "a row was answered twice"
        self.loop.close()


BatcherMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=30)
TestBatcher = BatcherMachine.TestCase
