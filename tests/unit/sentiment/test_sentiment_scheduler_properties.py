"""The scheduler driven by a virtual clock, with an engine that takes exactly as long as the cost model says, or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from opine_sentiment.batching.cost_model import CostModel
from opine_sentiment.batching.scheduler import ANSWER_S, Batch, BatchLimits, Scheduler
from opine_sentiment.batching.work import OverloadedError

if TYPE_CHECKING:
    from opine_sentiment.batching.queues import RequestQueue, Row

LIMITS = BatchLimits(max_queue_rows=40, max_rows=6, max_cost=3000, target_s=0.2)
OVERHEAD_S, UNIT_S = 0.01, 0.0001

COSTS = st.lists(st.sampled_from([17, 60, 300, 900, 2000, 5000]), min_size=1, max_size=15)
TIMEOUTS = st.sampled_from([0.02, 0.1, 0.5, 1.0, 3.0, 30.0])


@dataclass(eq=False)
class Asked:
    """A request that was admitted. Its rows are the pairs (number, index)."""

    queue: RequestQueue[tuple[int, int]]
    costs: list[int]
    deadline: float
    to_put: list[int] = field(default_factory=list)
    done: Counter[int] = field(default_factory=Counter)
    gone: bool = False
    expired: bool = False
    probes: bool = False

    @property
    def unfinished(self) -> bool:
        return not (self.gone or self.expired) and len(self.done) < len(self.costs)


class SchedulerMachine(RuleBasedStateMachine):
    """Rows come late, callers leave and the engine's speed wanders."""

    asked = Bundle("asked")
    speeds = st.floats(0.3, 4)

    @initialize()
    def start(self) -> None:
        self.now = 100.0
        self.scheduler: Scheduler[tuple[int, int]] = Scheduler(LIMITS, CostModel(OVERHEAD_S, UNIT_S))
        self.running: Batch[tuple[int, int]] | None = None
        self.all: list[Asked] = []

    @rule(target=asked, costs=COSTS, timeout=TIMEOUTS, late=st.booleans())
    def submit(self, costs: list[int], timeout: float, *, late: bool) -> object:
        deadline = self.now + timeout
        idle = self.running is None and self.scheduler.waiting_rows == 0
        room = self.scheduler.waiting_rows + len(costs) <= LIMITS.max_queue_rows
        refused: OverloadedError | None = None
        try:
            queue = self.scheduler.admit(costs, deadline, self.now)
        except OverloadedError as error:
            refused = error
        assert (refused is not None and refused.reason == "queue_full") == (not room)
        if refused is not None:
            assert refused.wait_s > 0
            assert 1 <= refused.retry_after <= 60
            return multiple()
        request = Asked(queue, costs, deadline, to_put=list(range(len(costs))))
        request.probes = idle and OVERHEAD_S + UNIT_S * sum(costs) + ANSWER_S > timeout
        self.all.append(request)
        if not late:
            self.put(request, len(costs))
        self.drive()
        return request

    @rule(request=asked, count=st.integers(1, 15))
    def more_rows_come(self, request: Asked, count: int) -> None:
        if not (request.gone or request.expired):
            self.put(request, count)
            self.drive()

    @rule(request=asked)
    def a_row_cannot_be_read(self, request: Asked) -> None:
        if request.to_put and not (request.gone or request.expired):
            index = request.to_put.pop(0)
            self.scheduler.skip(request.queue, request.costs[index])
            request.done[index] += 1

    @rule(request=consumes(asked))
    def caller_leaves(self, request: Asked) -> None:
        waiting = sum(1 for index in range(len(request.costs)) if index not in request.done) - sum(
            1 for row in self.running_rows if row.queue is request.queue
        )
        assert self.scheduler.drop(request.queue) == (0 if request.gone or request.expired else waiting)
        assert self.scheduler.drop(request.queue) == 0
        request.gone = True

    @rule(speed=speeds)
    def engine_finishes(self, speed: float) -> None:
        if self.running is not None:
            self.finish_batch((OVERHEAD_S + UNIT_S * self.running.cost) / speed)
            self.drive()

    @rule(seconds=st.floats(0, 2))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.drive()

    @invariant()
    def the_queue_counts_what_waits(self) -> None:
        waiting = [request for request in self.all if request.unfinished]
        computing = Counter(row.queue.number for row in self.running_rows)
        rows = sum(len(r.costs) - len(r.done) - computing[r.queue.number] for r in waiting)
        assert self.scheduler.waiting_rows == rows <= LIMITS.max_queue_rows
        assert (self.scheduler.waiting_cost > 0) == (rows > 0)

    @invariant()
    def the_engine_never_rests_while_rows_wait(self) -> None:
        assert self.running is not None or not any(request.queue.rows for request in self.all)

    def teardown(self) -> None:
        for request in self.all:
            self.put(request, len(request.to_put))
        self.drive()
        while self.running is not None:
            self.engine_finishes(speed=1)
        assert (self.scheduler.waiting_rows, self.scheduler.waiting_cost) == (0, 0)
        for request in self.all:
            assert set(request.done.values()) <= {1}, "a row was computed twice"
            assert not request.unfinished

    @property
    def running_rows(self) -> list[Row[tuple[int, int]]]:
        return [] if self.running is None else list(self.running.rows)

    def put(self, request: Asked, count: int) -> None:
        number = self.all.index(request)
        for _ in range(min(count, len(request.to_put))):
            if request.gone or request.expired:
                return
            index = request.to_put.pop(0)
            cost = request.costs[index]
            self.scheduler.put(request.queue, (number, index), reserved=cost, cost=cost, now=self.now)

    def drive(self) -> None:
        """What the batcher does whenever the engine is free."""
        if self.running is not None:
            return
        while (queue := self.scheduler.expired(self.now)) is not None:
            (request,) = [request for request in self.all if request.queue is queue]
            request.expired = True
            self.scheduler.drop(queue)
        rows = self.scheduler.next_rows(self.now)
        if not rows:
            return
        for row in rows:
            request = self.all[row.value[0]]
            assert not request.gone, "taken for a caller who had left"
            assert not request.expired, "taken for a request that was given up"
        assert len(rows) <= LIMITS.max_rows
        assert sum(row.cost for row in rows) <= LIMITS.max_cost or len(rows) == 1
        indices = [row.value for row in rows]
        assert all(a[1] < b[1] for a, b in pairwise(indices) if a[0] == b[0]), "out of order"
        self.running = self.scheduler.begin(rows, self.now)

    def finish_batch(self, seconds: float) -> None:
        batch, self.running = self.running, None
        assert batch is not None
        self.now = max(self.now, batch.begun_at + seconds)
        self.scheduler.finished(batch, self.now - batch.begun_at)
        for row in batch.rows:
            self.all[row.value[0]].done[row.value[1]] += 1


class PunctualMachine(SchedulerMachine):
    """An engine that keeps to the model, rows that come at once: who is admitted is in time, but for two overheads."""

    speeds = st.just(1.0)

    @rule(target=SchedulerMachine.asked, costs=COSTS, timeout=TIMEOUTS)
    def submit(self, costs: list[int], timeout: float) -> object:
        return super().submit(costs, timeout, late=False)

    @rule(seconds=st.floats(0, 2))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.running is not None and self.running.begun_at + self.seconds(self.running) <= until:
            self.finish_batch(self.seconds(self.running))
            self.drive()
        self.now = max(self.now, until)

    @rule()
    def engine_finishes(self) -> None:
        if self.running is not None:
            self.finish_batch(self.seconds(self.running))
            self.drive()

    @staticmethod
    def seconds(batch: Batch[tuple[int, int]]) -> float:
        return OVERHEAD_S + UNIT_S * batch.cost

    def teardown(self) -> None:
        while self.running is not None:
            self.engine_finishes()

    def finish_batch(self, seconds: float) -> None:
        batch = self.running
        super().finish_batch(seconds)
        assert batch is not None
        for row in batch.rows:
            request = self.all[row.value[0]]
            assert self.now <= request.deadline + 2 * OVERHEAD_S or request.probes, "admitted and late"

    @invariant()
    def nobody_is_given_up(self) -> None:
        # An idle engine takes whatever makes one batch, though it may be late.
        assert not any(request.expired for request in self.all if not request.probes)


SchedulerMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
PunctualMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
TestScheduler = SchedulerMachine.TestCase
TestPunctuality = PunctualMachine.TestCase
