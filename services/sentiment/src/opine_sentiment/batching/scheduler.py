"""Which rows are computed next and which requests are refused: every decision, without a clock and without waiting.

- An idle engine gets what waits, at once.
- While nobody's deadline is near, requests share the engine (`FairQueue`).
- When other work would make an admitted request late, the most urgent goes first (`DeadlineQueue`).
- A request is admitted only if it and all admitted ones should be in time.
- A batch is as large as its limits, its target time and the earliest deadline in it allow (`BatchBudget`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from opine_sentiment.batching.queues import DeadlineQueue, FairQueue, RequestQueue, Row
from opine_sentiment.batching.work import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opine_sentiment.batching.cost_model import CostModel

T = TypeVar("T")

ANSWER_S = 0.002
"""From the engine to the client: what is computed in the last moment would still come late."""
# A batch may take so many times its overhead, however short the target: smaller ones would mostly compute overhead.
_LEAST_OVERHEADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """How much may wait, and how much one batch may hold."""

    max_queue_rows: int
    max_rows: int
    """Rows of a batch."""
    max_cost: int
    """Cost of a batch; a single row may cost more."""
    target_s: float
    """How long a batch should take: about what a new text waits for the engine at least."""


class BatchBudget:
    """The limits of batches and the cost model together."""

    def __init__(self, limits: BatchLimits, model: CostModel) -> None:
        self.limits = limits
        self.model = model

    @property
    def largest_cost(self) -> int:
        """What a batch may cost, for the target time."""
        target_s = max(self.limits.target_s, _LEAST_OVERHEADS * self.model.overhead_s)
        return min(self.limits.max_cost, max(self.model.cost_within(target_s), 1))

    def fits(self, rows: int, cost: int) -> bool:
        """Whether so much may be one batch."""
        # One row always: a text that costs more than a batch must be computed some time.
        return rows <= 1 or (rows <= self.limits.max_rows and cost <= self.largest_cost)

    def answered(self, cost: int, start: float) -> float:
        """When one batch of this cost, begun at `start`, is answered."""
        return start + self.model.seconds(cost) + ANSWER_S

    def all_answered(self, start: float) -> Callable[[int, int], float]:
        """When so many rows of so much cost in all are answered, if nothing else is computed from `start` on."""
        max_rows, largest_cost, model = self.limits.max_rows, self.largest_cost, self.model

        def answered(rows: int, cost: int) -> float:
            # Any two batches in a row, full by cost, hold more than one's worth.
            batches = max(math.ceil(rows / max_rows), math.ceil(2 * cost / largest_cost))
            return start + model.seconds(cost, batches) + ANSWER_S

        return answered


@dataclass(frozen=True, slots=True, eq=False)
class Batch(Generic[T]):
    """Rows that are computed together."""

    rows: Sequence[Row[T]]
    cost: int
    begun_at: float


class Scheduler(Generic[T]):
    """The queue of one engine, which computes one batch at a time."""

    def __init__(self, limits: BatchLimits, model: CostModel) -> None:
        self._limits = limits
        self._model = model
        self._budget = BatchBudget(limits, model)
        self._fair: FairQueue[T] = FairQueue()
        self._deadlines: DeadlineQueue[T] = DeadlineQueue()
        self._admitted = 0
        self._free_at: float | None = None
        self.waiting_rows = 0
        self.waiting_cost = 0

    def admit(self, costs: Sequence[int], deadline: float, now: float) -> RequestQueue[T]:
        """Reserve room for a request's rows, which `put` brings; all or nothing.

        Raises:
            OverloadedError: the queue is full, or this or an admitted request would be late.
        """
        rows, cost = len(costs), sum(costs)
        excess = self.waiting_rows + rows - self._limits.max_queue_rows
        if excess > 0:
            # The share of the queue that must go before there is room, by the time that all of it takes.
            drained_s = self._all_answered(now)(self.waiting_rows, self.waiting_cost) - now
            raise OverloadedError("queue_full", drained_s * min(excess / max(self.waiting_rows, 1), 1))
        late_s = self._lateness(deadline, rows, cost, now)
        if late_s > 0:
            raise OverloadedError("deadline", late_s)
        self._admitted += 1
        queue: RequestQueue[T] = RequestQueue(self._admitted, deadline, rows, cost)
        self._deadlines.add(queue)
        self._count(rows, cost)
        return queue

    def put(self, queue: RequestQueue[T], value: T, reserved: int, cost: int, now: float) -> None:
        """Bring the next of a request's rows, which was admitted with the cost `reserved`."""
        queue.reserved_rows -= 1
        queue.reserved_cost -= reserved
        queue.rows.append(Row(queue, value, cost, now))
        queue.rows_cost += cost
        self._count(0, cost - reserved)
        if len(queue.rows) == 1:
            self._fair.add(queue)

    def skip(self, queue: RequestQueue[T], reserved: int) -> None:
        """Give back the room of a row that will not come."""
        queue.reserved_rows -= 1
        queue.reserved_cost -= reserved
        self._count(-1, -reserved)
        self._leave_if_empty(queue)

    def drop(self, queue: RequestQueue[T]) -> int:
        """Forget what waits of a request, and say how many rows that were. A second call changes nothing."""
        rows = queue.waiting_rows
        if rows:
            self._deadlines.remove(queue)
            self._count(-rows, -queue.waiting_cost)
            queue.rows.clear()
            queue.reserved_rows = queue.reserved_cost = queue.rows_cost = 0
        return rows

    def expired(self, now: float) -> RequestQueue[T] | None:
        """A request that cannot be in time any more, if there is one; the caller drops it."""
        queue = self._deadlines.first
        if queue is None:
            return None
        if (
            now < queue.deadline
            and queue.waiting_rows == self.waiting_rows
            and self._budget.fits(queue.waiting_rows, queue.waiting_cost)
        ):
            return None  # alone, it costs nobody anything
        late_s = self._all_answered(now)(queue.waiting_rows, queue.waiting_cost) - queue.deadline
        # The estimate counts batches, and may be out by a few.
        return queue if now >= queue.deadline or late_s > 2 * self._model.overhead_s else None

    def next_rows(self, now: float) -> list[Row[T]]:
        """Take the rows to compute next, none if none wait. Only while no batch is being computed."""
        return self._take_urgent(now) if self._is_urgent(now) else self._take_fair(now)

    def begin(self, rows: Sequence[Row[T]], now: float) -> Batch[T]:
        """These rows go to the engine."""
        batch = Batch(rows, sum(row.cost for row in rows), now)
        self._free_at = now + self._model.seconds(batch.cost)
        return batch

    def finished(self, batch: Batch[T], took_s: float | None) -> None:
        """The engine is free again, and worked so long; None where it failed, which says nothing of its speed."""
        self._free_at = None
        if took_s is not None:
            self._model.observe(batch.cost, took_s)

    def _take_fair(self, now: float) -> list[Row[T]]:
        batch: _GrowingBatch[T] = _GrowingBatch(self._budget, now)
        while (queue := self._fair.first()) is not None and batch.add(queue.rows[0]):
            self._take(queue)
            self._fair.took_first(queue)
        return batch.rows

    def _take_urgent(self, now: float) -> list[Row[T]]:
        batch: _GrowingBatch[T] = _GrowingBatch(self._budget, now)
        for queue in list(self._deadlines):  # a copy: a request leaves with its last row
            while queue.rows:
                if not batch.add(queue.rows[0]):
                    return batch.rows
                self._take(queue)
                self._fair.took_out_of_turn(queue)
        return batch.rows

    def _take(self, queue: RequestQueue[T]) -> None:
        row = queue.rows.popleft()
        queue.rows_cost -= row.cost
        self._count(-1, -row.cost)
        self._leave_if_empty(queue)

    def _leave_if_empty(self, queue: RequestQueue[T]) -> None:
        if queue.waiting_rows == 0:
            self._deadlines.remove(queue)

    def _count(self, rows: int, cost: int) -> None:
        self.waiting_rows += rows
        self.waiting_cost += cost

    def _all_answered(self, now: float) -> Callable[[int, int], float]:
        return self._budget.all_answered(now if self._free_at is None else max(now, self._free_at))

    def _lateness(self, deadline: float, rows: int, cost: int, now: float) -> float:
        """By how much this or an admitted request would be late, were it admitted."""
        first = self._deadlines.first
        if first is None and self._free_at is None and self._budget.fits(rows, cost):
            # There is no better moment, and what it takes puts a wrong estimate right.
            return max(now - deadline, 0)
        # If all is answered before the earliest deadline, which is the rule, nobody need be looked at one by one.
        answered = self._all_answered(now)
        earliest = deadline if first is None else min(deadline, first.deadline)
        if answered(self.waiting_rows + rows, self.waiting_cost + cost) <= earliest:
            return 0
        return self._deadlines.lateness(deadline, rows, cost, answered)

    def _is_urgent(self, now: float) -> bool:
        """Whether a batch in fair order could make a waiting request late."""
        first, turn = self._deadlines.first, self._fair.first()
        if first is None or turn is None:
            return False
        # What a fair batch may take. A single row that comes next is computed whatever it costs.
        answered = self._all_answered(now)
        batch_s = self._model.seconds(max(min(self.waiting_cost, self._budget.largest_cost), turn.rows[0].cost))
        if answered(self.waiting_rows, self.waiting_cost) + batch_s <= first.deadline:
            return False
        return self._deadlines.slack(answered) < batch_s


class _GrowingBatch(Generic[T]):
    """Rows within the bounds of a batch; the first is taken whatever it costs."""

    def __init__(self, budget: BatchBudget, now: float) -> None:
        self.rows: list[Row[T]] = []
        self._budget = budget
        self._now = now
        self._cost = 0
        self._deadline = float("inf")

    def add(self, row: Row[T]) -> bool:
        """Whether the row was added."""
        cost = self._cost + row.cost
        deadline = min(self._deadline, row.queue.deadline)
        fits = self._budget.fits(len(self.rows) + 1, cost) and self._budget.answered(cost, self._now) <= deadline
        if self.rows and not fits:
            return False
        self.rows.append(row)
        self._cost, self._deadline = cost, deadline
        return True
