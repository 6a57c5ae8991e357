"""Turns by what each request has had: self-clocked fair queueing (Golestani 1994), every request a flow.

A row is tagged with the virtual time at which it would be through if all waiting requests shared the engine equally;
the smallest tag goes first. A short text that comes now passes the later rows of a long list and a text longer than
itself, and neither of them waits for ever, for virtual time goes on.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from opine_sentiment.batching.lane import Lane

T = TypeVar("T")


class FairOrder(Generic[T]):
    """Lanes that have a row to give."""

    def __init__(self) -> None:
        self._now = 0.0
        # Entries whose tag is no more their lane's are stale; they are dropped when they come to the top.
        self._heap: list[tuple[float, int, Lane[T]]] = []

    def add(self, lane: Lane[T]) -> None:
        """A lane without rows has got its first."""
        lane.tag = max(self._now, lane.tag)
        self._push(lane)

    def first(self) -> Lane[T] | None:
        """The lane whose turn it is."""
        while self._heap:
            tag, _, lane = self._heap[0]
            if tag == lane.tag and lane.rows:
                return lane
            heapq.heappop(self._heap)
        return None

    def took_first(self, lane: Lane[T]) -> None:
        """The row of the lane whose turn it was is gone."""
        heapq.heappop(self._heap)
        self._now = lane.tag
        self._push(lane)

    def took_early(self, lane: Lane[T]) -> None:
        """A lane's row is gone before its turn; its next one pays for that."""
        self._push(lane)

    def _push(self, lane: Lane[T]) -> None:
        if lane.rows:
            lane.tag += lane.rows[0].cost
            heapq.heappush(self._heap, (lane.tag, lane.number, lane))
