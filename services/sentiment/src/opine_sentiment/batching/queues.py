"""The waiting rows of each request, and the two orders in which requests get the engine.

`FairQueue` is self-clocked fair queueing (Golestani 1994): a row is tagged with the virtual time at which it would be
through if all waiting requests shared the engine equally, and the smallest tag goes first. A short text that comes now
passes the later rows of a long list and a text longer than itself, and neither of them waits for ever, for virtual time
goes on. `DeadlineQueue` is earliest deadline first (Liu and Layland 1973) and knows whether every deadline can be met.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Row(Generic[T]):
    """One text that waits for the engine."""

    queue: RequestQueue[T]
    value: T
    cost: int
    queued_at: float


@dataclass(slots=True, eq=False)
class RequestQueue(Generic[T]):
    """The rows of one request in order, from its admission to its last batch."""

    number: int
    """Requests count up in the order of their arrival."""
    deadline: float
    reserved_rows: int
    """Rows that were admitted and not put yet: their texts are still being encoded."""
    reserved_cost: int
    rows: deque[Row[T]] = field(default_factory=deque)
    rows_cost: int = 0
    tag: float = 0.0
    """The virtual time at which the next row is through."""

    @property
    def waiting_rows(self) -> int:
        """Texts that the engine has not got yet, encoded or not."""
        return self.reserved_rows + len(self.rows)

    @property
    def waiting_cost(self) -> int:
        """Their cost, in characters."""
        return self.reserved_cost + self.rows_cost


class FairQueue(Generic[T]):
    """Requests that have a row to give, each a flow of its own."""

    def __init__(self) -> None:
        self._now = 0.0
        # Entries whose tag is no more their request's are stale; they are dropped when they come to the top.
        self._heap: list[tuple[float, int, RequestQueue[T]]] = []

    def add(self, queue: RequestQueue[T]) -> None:
        """A request without rows has got its first."""
        # From now on: a request whose texts came late has saved up no turns.
        queue.tag = max(self._now, queue.tag)
        self._push(queue)

    def first(self) -> RequestQueue[T] | None:
        """The request whose turn it is."""
        while self._heap:
            tag, _, queue = self._heap[0]
            if tag == queue.tag and queue.rows:
                return queue
            heapq.heappop(self._heap)
        return None

    def took_first(self, queue: RequestQueue[T]) -> None:
        """The row whose turn it was is gone."""
        heapq.heappop(self._heap)
        self._now = queue.tag
        self._push(queue)

    def took_out_of_turn(self, queue: RequestQueue[T]) -> None:
        """A row is gone before its turn; the request's next one pays for that."""
        self._push(queue)

    def _push(self, queue: RequestQueue[T]) -> None:
        if queue.rows:
            # The number settles equal tags, in order of arrival; queues themselves have no order.
            queue.tag += queue.rows[0].cost
            heapq.heappush(self._heap, (queue.tag, queue.number, queue))


class DeadlineQueue(Generic[T]):
    """Requests in which rows wait, the most urgent first.

    `answered` says when so many rows of so much cost in all are answered, if nothing else is computed.
    """

    def __init__(self) -> None:
        # A sorted list and no heap: requests leave from the middle, and all are looked at in order of urgency.
        self._queues: list[RequestQueue[T]] = []

    def __iter__(self) -> Iterator[RequestQueue[T]]:
        return iter(self._queues)

    @property
    def first(self) -> RequestQueue[T] | None:
        """The most urgent request."""
        return self._queues[0] if self._queues else None

    def add(self, queue: RequestQueue[T]) -> None:
        insort(self._queues, queue, key=_urgency)

    def remove(self, queue: RequestQueue[T]) -> None:
        del self._queues[bisect_left(self._queues, _urgency(queue), key=_urgency)]

    def slack(self, answered: Callable[[int, int], float]) -> float:
        """Seconds that other work may take now before a deadline is missed; negative if one will be anyway."""
        rows = cost = 0
        slack = float("inf")
        for queue in self._queues:
            rows += queue.waiting_rows
            cost += queue.waiting_cost
            slack = min(slack, queue.deadline - answered(rows, cost))
        return slack

    def lateness(self, deadline: float, rows: int, cost: int, answered: Callable[[int, int], float]) -> float:
        """By how many seconds new work, or a waiting request because of it, would be late; 0 if none would."""
        before_rows = before_cost = 0
        late = 0.0
        admitted = False
        for queue in self._queues:
            if not admitted and queue.deadline > deadline:
                late = answered(before_rows + rows, before_cost + cost) - deadline
                admitted = True
            before_rows += queue.waiting_rows
            before_cost += queue.waiting_cost
            # A request that will be late without the new work is not its fault.
            if admitted and answered(before_rows, before_cost) <= queue.deadline:
                late = max(late, answered(before_rows + rows, before_cost + cost) - queue.deadline)
        if not admitted:
            late = answered(before_rows + rows, before_cost + cost) - deadline
        return max(late, 0.0)


def _urgency(queue: RequestQueue[T]) -> tuple[float, int]:
    return queue.deadline, queue.number
