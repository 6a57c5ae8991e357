"""How long the engine takes for a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Share of an error that one batch corrects, and how far one batch can move its own estimate up or down.
_STEP = 0.25
_LARGEST_CORRECTION = 1.0
# At this cost an error is blamed on overhead and on cost alike.
_BALANCE = 4096
_LEAST_OVERHEAD_S = 1e-6
_LEAST_UNIT_S = 1e-10


class CostModel:
    """Seconds of a batch = overhead + unit * cost.

    Each batch moves the two numbers by the least step towards what it took (normalised least mean squares,
    Kaczmarz 1937). A thousand batches of one size therefore correct the estimate for that size and leave the split
    between the two numbers nearly as it was, where a regression would have nothing to fit; and one batch that was held
    up counts at most as one that took twice its time.
    """

    def __init__(self, overhead_s: float = 0.001, unit_s: float = 1e-6) -> None:
        self.overhead_s = overhead_s
        self.unit_s = unit_s

    def calibrate(self, samples: Iterable[tuple[int, float]]) -> None:
        """Start from measured pairs (cost, seconds) of at least two costs: the line through the fastest of each end."""
        fastest: dict[int, float] = {}
        for cost, seconds in samples:
            fastest[cost] = min(seconds, fastest.get(cost, seconds))
        small, large = min(fastest), max(fastest)
        unit_s = (fastest[large] - fastest[small]) / (large - small)
        self._set(fastest[small] - max(unit_s, 0) * small, unit_s)

    def observe(self, cost: int, seconds: float) -> None:
        """Learn from a batch that was computed."""
        expected = self.seconds(cost)
        error = min(max(seconds - expected, -expected / 2), expected * _LARGEST_CORRECTION)
        x = cost / _BALANCE
        step = _STEP * error / (1 + x * x)
        self._set(self.overhead_s + step, self.unit_s + step * x / _BALANCE)

    def seconds(self, cost: int, batches: int = 1) -> float:
        """Time that so many batches of this cost in all take."""
        return self.overhead_s * batches + self.unit_s * cost

    def cost_within(self, seconds: float) -> int:
        """The largest cost that one batch computes in this time; may be negative."""
        return int((seconds - self.overhead_s) / self.unit_s)

    def _set(self, overhead_s: float, unit_s: float) -> None:
        self.overhead_s = max(overhead_s, _LEAST_OVERHEAD_S)
        self.unit_s = max(unit_s, _LEAST_UNIT_S)
