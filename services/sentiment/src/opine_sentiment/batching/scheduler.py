"""Which rows are computed next and which requests are refused: every decision, without a clock and without waiting.

- An idle engine gets what waits, at once.
- While nobody's deadline is near, requests share the engine (`FairOrder`).
- When other work would make an admitted request late, the most urgent goes first (`DeadlineOrder`).
- A request is admitted only if it and all admitted ones should be in time.
- A batch is as large as its limits, its target time and the earliest deadline in it allow (`Pace`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from opine_sentiment.batching.deadline_order import DeadlineOrder
from opine_sentiment.batching.fair_order import FairOrder
from opine_sentiment.batching.lane import Lane, Row
from opine_sentiment.batching.pace import Pace
from opine_sentiment.batching.refusals import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opine_sentiment.batching.cost_model import CostModel
    from opine_sentiment.batching.pace import BatchLimits

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Batch(Generic[T]):
    rows: Sequence[Row[T]]
    cost: int
    begun_at: float


class Scheduler(Generic[T]):
    """The queue of one engine, which computes one batch at a time."""

    def __init__(self, limits: BatchLimits, model: CostModel) -> None:
        self._limits = limits
        self._model = model
        self._pace = Pace(limits, model)
        self._fair: FairOrder[T] = FairOrder()
        self._deadlines: DeadlineOrder[T] = DeadlineOrder()
        self._admitted = 0
        self._free_at: float | None = None
        self.waiting_rows = 0
        self.waiting_cost = 0

    def admit(self, costs: Sequence[int], deadline: float, now: float) -> Lane[T]:
        """Reserve room for a request's rows, which `put` brings; all or nothing.

        Raises:
            OverloadedError: the queue is full, or this or an admitted request would be late.
        """
        rows, cost = len(costs), sum(costs)
        excess = self.waiting_rows + rows - self._limits.max_queue_rows
        if excess > 0:
            drained_s = self._all_answered(now)(self.waiting_rows, self.waiting_cost) - now
            raise OverloadedError("queue_full", drained_s * min(excess / max(self.waiting_rows, 1), 1))
        late_s = self._lateness(deadline, rows, cost, now)
        if late_s > 0:
            raise OverloadedError("deadline", late_s)
        self._admitted += 1
        lane: Lane[T] = Lane(self._admitted, deadline, rows, cost)
        self._deadlines.add(lane)
        self._count(rows, cost)
        return lane

    def put(self, lane: Lane[T], value: T, reserved: int, cost: int, now: float) -> None:
        """Bring the next of a lane's rows, which was admitted with the cost `reserved`."""
        lane.reserved_rows -= 1
        lane.reserved_cost -= reserved
        lane.rows.append(Row(lane, value, cost, now))
        lane.rows_cost += cost
        self._count(0, cost - reserved)
        if len(lane.rows) == 1:
            self._fair.add(lane)

    def skip(self, lane: Lane[T], reserved: int) -> None:
        """Give back the room of a row that will not come."""
        lane.reserved_rows -= 1
        lane.reserved_cost -= reserved
        self._count(-1, -reserved)
        self._leave_if_empty(lane)

    def drop(self, lane: Lane[T]) -> int:
        """Forget what waits in a lane, and say how many rows that were. A second call changes nothing."""
        rows = lane.waiting_rows
        if rows:
            self._deadlines.remove(lane)
            self._count(-rows, -lane.waiting_cost)
            lane.rows.clear()
            lane.reserved_rows = lane.reserved_cost = lane.rows_cost = 0
        return rows

    def hopeless(self, now: float) -> Lane[T] | None:
        """A lane that cannot be in time any more, if there is one; the caller drops it."""
        lane = self._deadlines.first
        if lane is None:
            return None
        if now < lane.deadline and lane.waiting_rows == self.waiting_rows and self._pace.fits(*lane.waiting):
            return None  # alone, it costs nobody anything
        late_s = self._all_answered(now)(*lane.waiting) - lane.deadline
        # The estimate counts batches, and may be out by a few.
        return lane if now >= lane.deadline or late_s > 2 * self._model.overhead_s else None

    def next_rows(self, now: float) -> list[Row[T]]:
        """Take the rows to compute next, none if none wait. Only while no batch is being computed."""
        return self._take_urgent(now) if self._is_urgent(now) else self._take_fair(now)

    def begin(self, rows: Sequence[Row[T]], now: float) -> Batch[T]:
        """These rows go to the engine."""
        batch = Batch(rows, sum(row.cost for row in rows), now)
        self._free_at = now + self._model.seconds(batch.cost)
        return batch

    def finished(self, batch: Batch[T], now: float, *, succeeded: bool) -> None:
        """The engine is free again. How long it took says something only if it did not fail."""
        self._free_at = None
        if succeeded:
            self._model.observe(batch.cost, now - batch.begun_at)

    def _take_fair(self, now: float) -> list[Row[T]]:
        batch: _GrowingBatch[T] = _GrowingBatch(self._pace, now)
        while (lane := self._fair.first()) is not None and batch.add(lane.rows[0]):
            self._take(lane)
            self._fair.took_first(lane)
        return batch.rows

    def _take_urgent(self, now: float) -> list[Row[T]]:
        batch: _GrowingBatch[T] = _GrowingBatch(self._pace, now)
        for lane in list(self._deadlines):
            while lane.rows:
                if not batch.add(lane.rows[0]):
                    return batch.rows
                self._take(lane)
                self._fair.took_early(lane)
        return batch.rows

    def _take(self, lane: Lane[T]) -> None:
        row = lane.rows.popleft()
        lane.rows_cost -= row.cost
        self._count(-1, -row.cost)
        self._leave_if_empty(lane)

    def _leave_if_empty(self, lane: Lane[T]) -> None:
        if lane.waiting_rows == 0:
            self._deadlines.remove(lane)

    def _count(self, rows: int, cost: int) -> None:
        self.waiting_rows += rows
        self.waiting_cost += cost

    def _all_answered(self, now: float) -> Callable[[int, int], float]:
        return self._pace.all_answered(now if self._free_at is None else max(now, self._free_at))

    def _lateness(self, deadline: float, rows: int, cost: int, now: float) -> float:
        """By how much this or an admitted request would be late, were it admitted."""
        first = self._deadlines.first
        if first is None and self._free_at is None and self._pace.fits(rows, cost):
            # There is no better moment, and what it takes puts a wrong estimate right.
            return max(now - deadline, 0)
        answered = self._all_answered(now)
        earliest = deadline if first is None else min(deadline, first.deadline)
        if answered(self.waiting_rows + rows, self.waiting_cost + cost) <= earliest:
            return 0
        return self._deadlines.lateness(deadline, rows, cost, answered)

    def _is_urgent(self, now: float) -> bool:
        """Whether a batch in fair order could make a waiting lane late."""
        first, turn = self._deadlines.first, self._fair.first()
        if first is None or turn is None:
            return False
        answered = self._all_answered(now)
        batch_s = self._model.seconds(max(min(self.waiting_cost, self._pace.largest_cost), turn.rows[0].cost))
        if answered(self.waiting_rows, self.waiting_cost) + batch_s <= first.deadline:
            return False
        return self._deadlines.slack(answered) < batch_s


class _GrowingBatch(Generic[T]):
    """Rows within the bounds of a batch; the first is taken whatever it costs."""

    def __init__(self, pace: Pace, now: float) -> None:
        self.rows: list[Row[T]] = []
        self._pace = pace
        self._now = now
        self._cost = 0
        self._deadline = float("inf")

    def add(self, row: Row[T]) -> bool:
        """Whether the row was added."""
        cost = self._cost + row.cost
        deadline = min(self._deadline, row.lane.deadline)
        fits = self._pace.fits(len(self.rows) + 1, cost) and self._pace.answered(cost, self._now) <= deadline
        if self.rows and not fits:
            return False
        self.rows.append(row)
        self._cost, self._deadline = cost, deadline
        return True
