"""A request between its admission and its last batch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Row(Generic[T]):
    """One text that waits for the engine."""

    lane: Lane[T]
    value: T
    cost: int
    queued_at: float


@dataclass(slots=True, eq=False)
class Lane(Generic[T]):
    """One request's rows in order."""

    number: int
    """Lanes count up in the order of their arrival."""
    deadline: float
    reserved_rows: int
    """Rows that were admitted and not put yet."""
    reserved_cost: int
    rows: deque[Row[T]] = field(default_factory=deque)
    rows_cost: int = 0
    tag: float = 0.0
    """The virtual time at which the next row is through (see `FairOrder`)."""

    @property
    def waiting_rows(self) -> int:
        return self.reserved_rows + len(self.rows)

    @property
    def waiting_cost(self) -> int:
        return self.reserved_cost + self.rows_cost

    @property
    def waiting(self) -> tuple[int, int]:
        """Rows and their cost."""
        return self.waiting_rows, self.waiting_cost
