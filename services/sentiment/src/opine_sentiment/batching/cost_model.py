"""How long the engine takes for a batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Share of an error (as a logarithm) that one batch corrects, and the largest error that it may show.
_STEP = 0.5
_LARGEST_ERROR = math.log(1.25)
# Positive: both are divided by, and a factor could not bring a zero back.
_LEAST_OVERHEAD_S = 1e-6
_LEAST_UNIT_S = 1e-10


class CostModel:
    """Seconds of a batch = overhead + unit * cost.

    Each batch scales the two numbers towards what it took, each by its share in the estimate (exponentiated gradient,
    Kivinen and Warmuth 1997). A thousand batches of one size therefore correct the estimate for that size and otherwise
    make the engine faster or slower as a whole, where a regression would have nothing to fit. Errors are cut, so that
    the estimate follows the usual batch and not the few that were held up.
    """

    def __init__(self, overhead_s: float = 0.001, unit_s: float = 1e-6) -> None:
        # Of the magnitude of the shipped model on one core, until `calibrate` knows better.
        self.overhead_s = overhead_s
        self.unit_s = unit_s

    def calibrate(self, samples: Iterable[tuple[int, float]]) -> None:
        """Start from measured pairs (cost, seconds) of at least two costs: the line through the fastest of each end."""
        # The fastest, because whatever else ran meanwhile can only add to a measurement.
        fastest: dict[int, float] = {}
        for cost, seconds in samples:
            fastest[cost] = min(seconds, fastest.get(cost, seconds))
        small, large = min(fastest), max(fastest)
        unit_s = (fastest[large] - fastest[small]) / (large - small)
        self._set(fastest[small] - max(unit_s, 0) * small, unit_s)

    def observe(self, cost: int, seconds: float) -> None:
        """Learn from a batch of this cost that was computed in so many seconds."""
        expected = self.seconds(cost)
        # As a logarithm: twice too slow and twice too fast are errors of one size, and both numbers stay positive.
        error = math.log(max(seconds, _LEAST_OVERHEAD_S) / expected)
        step = _STEP * min(max(error, -_LARGEST_ERROR), _LARGEST_ERROR)
        overhead_share = self.overhead_s / expected
        self._set(
            self.overhead_s * math.exp(step * overhead_share), self.unit_s * math.exp(step * (1 - overhead_share))
        )

    def seconds(self, cost: int, batches: int = 1) -> float:
        """Time that so many batches of this cost in all take."""
        return self.overhead_s * batches + self.unit_s * cost

    def cost_within(self, seconds: float) -> int:
        """The largest cost that one batch computes in this time; may be negative."""
        return int((seconds - self.overhead_s) / self.unit_s)

    def _set(self, overhead_s: float, unit_s: float) -> None:
        self.overhead_s = max(overhead_s, _LEAST_OVERHEAD_S)
        self.unit_s = max(unit_s, _LEAST_UNIT_S)
