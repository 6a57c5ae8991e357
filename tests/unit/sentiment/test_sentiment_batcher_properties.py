"""Whatever callers and the engine do, the batcher keeps its promises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from opine_sentiment.batching.batcher import FAILED, Batcher, BatchLimits, Failed, OverloadedError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_QUEUE_ROWS, MAX_ROWS, MAX_COST = 12, 4, 40
POISON, UNREADABLE = "poison", "unreadable"


class Ledger:
    """The batcher's observer: what it says about itself."""

    def __init__(self) -> None:
        self.waiting = 0

    def queued(self, rows: int) -> None:
        self.waiting = rows
        assert 0 <= rows <= MAX_QUEUE_ROWS

    def waited(self, seconds: float) -> None:
        assert seconds >= 0

    def computed(self, rows: int, cost: int, seconds: float) -> None:
        assert rows <= MAX_ROWS
        assert cost <= MAX_COST or rows == 1
        assert seconds >= 0

    def shed(self, reason: str, rows: int) -> None:
        assert reason in {"queue_full", "client_gone"}
        assert rows >= 0


@dataclass(eq=False)
class Call:
    """One request and what has been seen of it. Row `i` is the text `<number>.<i>.<kind and padding>`."""

    number: int
    texts: list[str]
    task: asyncio.Task[list[str | Failed]]
    passed_by: list[Call] = field(default_factory=list)
    """Owners of rows that went to the engine after this call came and before its own first."""
    started: bool = False
    cancelled: bool = False


def encode(text: str) -> str:
    if UNREADABLE in text:
        raise ValueError(text)
    return text


class BatcherMachine(RuleBasedStateMachine):
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = 0.0
        self.ledger = Ledger()
        self.seen: list[Call] = []
        self.faults: list[str] = []
        self.sent: set[str] = set()
        self.answered: list[str] = []
        self.running: tuple[list[str], asyncio.Future[None]] | None = None
        self.batcher: Batcher[str, str] = Batcher(
            encode=encode,
            compute=self.compute,
            limits=BatchLimits(max_queue_rows=MAX_QUEUE_ROWS, max_rows=MAX_ROWS, max_cost=MAX_COST),
            observer=self.ledger,
            clock=lambda: self.now,
        )
        self.run_task = self.loop.create_task(self.batcher.run())

    async def compute(self, encoded: Sequence[str], explain: Sequence[bool]) -> list[str]:
        if set(explain) != {False} or len(explain) != len(encoded):
            self.faults.append("explained without being asked")
        # Noted, not asserted: the batcher takes an error in here for the engine's.
        if self.running is not None:
            self.faults.append("two batches at once")
        for text in encoded:
            owner = self.seen[int(text.split(".")[0])]
            if owner.cancelled:
                self.faults.append("computed for a caller who had left")
            if text not in self.sent:
                self.sent.add(text)
                owner.started = True
                for call in self.seen:
                    if not call.started:
                        call.passed_by.append(owner)
        self.running = (list(encoded), self.loop.create_future())
        try:
            await self.running[1]
        finally:
            self.running = None
        if any(POISON in text for text in encoded):
            raise RuntimeError(POISON)
        self.answered += encoded
        return [f"answer to {text}" for text in encoded]

    def settle(self) -> None:
        for _ in range(40):
            self.loop.run_until_complete(asyncio.sleep(0))

    @rule(target=calls, kinds=st.lists(st.sampled_from(["", "", "x" * 15, "x" * 60, POISON, UNREADABLE]), max_size=8))
    def submit(self, kinds: list[str]) -> object:
        number = len(self.seen)
        texts = [f"{number}.{index}.{kind}" for index, kind in enumerate(kinds)]
        call = Call(number, texts, self.loop.create_task(self.batcher.submit(texts, explain=False)))
        # What never reaches the engine cannot be passed by.
        call.started = all(UNREADABLE in text for text in texts)
        fits = self.ledger.waiting + len(texts) <= MAX_QUEUE_ROWS
        self.seen.append(call)
        self.settle()
        if call.task.done() and (error := call.task.exception()) is not None:
            assert isinstance(error, OverloadedError)
            assert not fits, "refused though there was room"
            assert 1 <= error.retry_after <= 60
            call.started = True
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
            call.cancelled = call.started = True
            self.settle()

    @invariant()
    def nothing_went_wrong_in_the_engine(self) -> None:
        assert not self.faults

    @invariant()
    def the_engine_never_rests_while_rows_wait(self) -> None:
        assert self.running is not None or self.ledger.waiting == 0

    @invariant()
    def nobody_is_passed_twice_by_the_same_request(self) -> None:
        for call in self.seen:
            assert len(set(call.passed_by)) == len(call.passed_by)
            assert all(owner.number <= call.number for owner in call.passed_by), "overtaken by a later request"

    def teardown(self) -> None:
        self.batcher.close()
        self.settle()
        while self.running is not None:
            self.engine_answers(0.001)
        self.loop.run_until_complete(asyncio.wait_for(self.run_task, 5))
        for call in self.seen:
            if call.cancelled or call.task.exception() is not None:
                continue
            bad = {text for text in call.texts if POISON in text or UNREADABLE in text}
            assert call.task.result() == [FAILED if text in bad else f"answer to {text}" for text in call.texts]
        assert len(self.answered) == len(set(self.answered)), "a row was answered twice"
        self.loop.close()


BatcherMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestBatcher = BatcherMachine.TestCase
