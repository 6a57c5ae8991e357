"""Requests by their deadline, and whether all of them can be met (earliest deadline first, Liu and Layland 1973)."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opine_sentiment.batching.lane import Lane

T = TypeVar("T")


def _urgency(lane: Lane[T]) -> tuple[float, int]:
    return lane.deadline, lane.number


class DeadlineOrder(Generic[T]):
    """Lanes in which rows wait, the most urgent first.

    `answered` says when so many rows of so much cost in all are answered, if nothing else is computed.
    """

    def __init__(self) -> None:
        self._lanes: list[Lane[T]] = []

    def __iter__(self) -> Iterator[Lane[T]]:
        return iter(self._lanes)

    @property
    def first(self) -> Lane[T] | None:
        """The most urgent lane."""
        return self._lanes[0] if self._lanes else None

    def add(self, lane: Lane[T]) -> None:
        insort(self._lanes, lane, key=_urgency)

    def remove(self, lane: Lane[T]) -> None:
        del self._lanes[bisect_left(self._lanes, _urgency(lane), key=_urgency)]

    def slack(self, answered: Callable[[int, int], float]) -> float:
        """Seconds that other work may take now before a lane misses its deadline; negative if one will anyway."""
        rows = cost = 0
        slack = float("inf")
        for lane in self._lanes:
            rows += lane.waiting_rows
            cost += lane.waiting_cost
            slack = min(slack, lane.deadline - answered(rows, cost))
        return slack

    def lateness(self, deadline: float, rows: int, cost: int, answered: Callable[[int, int], float]) -> float:
        """By how many seconds new work, or a waiting lane because of it, would be late; 0 if nobody would."""
        before_rows = before_cost = 0
        late = 0.0
        admitted = False
        for lane in self._lanes:
            if not admitted and lane.deadline > deadline:
                late = answered(before_rows + rows, before_cost + cost) - deadline
                admitted = True
            before_rows += lane.waiting_rows
            before_cost += lane.waiting_cost
            # A lane that will be late without the new work is not its fault.
            if admitted and answered(before_rows, before_cost) <= lane.deadline:
                late = max(late, answered(before_rows + rows, before_cost + cost) - lane.deadline)
        if not admitted:
            late = answered(before_rows + rows, before_cost + cost) - deadline
        return max(late, 0.0)
