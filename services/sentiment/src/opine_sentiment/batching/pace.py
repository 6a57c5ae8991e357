"""How large a batch may be and when work would be done, at the engine's present speed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_sentiment.batching.cost_model import CostModel

ANSWER_S = 0.002
"""From the engine to the client."""
# A batch may take so many times its overhead, however short the target: smaller ones would mostly compute overhead.
_OVERHEADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    max_queue_rows: int
    max_rows: int
    """Rows of a batch."""
    max_cost: int
    """Cost of a batch; a single row may cost more."""
    target_s: float
    """How long a batch should take: about what a new text waits for the engine at least."""


class Pace:
    """The limits of batches and the cost model together."""

    def __init__(self, limits: BatchLimits, model: CostModel) -> None:
        self.limits = limits
        self.model = model

    @property
    def largest_cost(self) -> int:
        """What a batch may cost, for the target time."""
        target_s = max(self.limits.target_s, _OVERHEADS * self.model.overhead_s)
        return min(self.limits.max_cost, max(self.model.cost_within(target_s), 1))

    def fits(self, rows: int, cost: int) -> bool:
        """Whether so much may be one batch."""
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
