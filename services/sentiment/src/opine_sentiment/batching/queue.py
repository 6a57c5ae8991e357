"""A bounded queue in which requests take turns."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFullError(Exception):
    """The rows asked for do not fit."""


@dataclass(slots=True, eq=False)
class Lane(Generic[T]):
    """One request's rows in order, with their costs."""

    reserved: int
    """Rows that were admitted and not put yet."""
    rows: deque[tuple[T, int]] = field(default_factory=deque)


class FairQueue(Generic[T]):
    """Lanes that give one row each in turn, so that a long list never holds up a short one.

    The bound counts rows from their reservation until they are taken or dropped.
    """

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows
        self.waiting_rows = 0
        self.waiting_cost = 0
        self._lanes: set[Lane[T]] = set()
        # Lanes with rows to give, next turn first. A dict, so that a lane leaves from the middle in constant time.
        self._turns: dict[Lane[T], None] = {}

    def reserve(self, rows: int) -> Lane[T]:
        """Admit a request of `rows` rows, all or nothing.

        Raises:
            QueueFullError: they do not fit.
        """
        if self.waiting_rows + rows > self.max_rows:
            raise QueueFullError
        lane: Lane[T] = Lane(rows)
        self.waiting_rows += rows
        self._lanes.add(lane)
        return lane

    def put(self, lane: Lane[T], row: T, cost: int) -> None:
        """Add the next of a lane's reserved rows."""
        lane.reserved -= 1
        lane.rows.append((row, cost))
        self.waiting_cost += cost
        self._turns.setdefault(lane)

    def skip(self, lane: Lane[T]) -> None:
        """Give back one reservation: the row will not come."""
        lane.reserved -= 1
        self.waiting_rows -= 1

    def take(self, max_rows: int, max_cost: int) -> list[T]:
        """Remove a batch: one row a lane in turn, until the next row would break a bound.

        The first row is taken whatever it costs. The lane whose row does not fit keeps its turn.
        """
        batch: list[T] = []
        cost = 0
        while self._turns and len(batch) < max_rows:
            lane = next(iter(self._turns))
            row, row_cost = lane.rows[0]
            if batch and cost + row_cost > max_cost:
                break
            lane.rows.popleft()
            del self._turns[lane]
            if lane.rows:
                self._turns[lane] = None
            batch.append(row)
            cost += row_cost
        self.waiting_rows -= len(batch)
        self.waiting_cost -= cost
        return batch

    def drop(self, lane: Lane[T]) -> None:
        """Forget a lane: what it still holds or reserves is not taken any more. A second call changes nothing."""
        if lane not in self._lanes:
            return
        self._lanes.remove(lane)
        self._turns.pop(lane, None)
        self.waiting_rows -= lane.reserved + len(lane.rows)
        self.waiting_cost -= sum(cost for _, cost in lane.rows)
        lane.rows.clear()
        lane.reserved = 0

    def __bool__(self) -> bool:
        """Whether there is a row to take."""
        return bool(self._turns)
