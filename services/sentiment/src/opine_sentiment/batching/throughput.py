"""How fast the engine has lately been."""

from __future__ import annotations

import math

# Weight of the past against the newest batch: about the last ten batches count.
_MEMORY = 0.9
_LONGEST_WAIT_S = 60


class Throughput:
    """Cost a second of computing, over the latest batches."""

    def __init__(self) -> None:
        self._cost = 0.0
        self._seconds = 0.0

    def observe(self, cost: int, seconds: float) -> None:
        """Count a batch that was computed."""
        self._cost = self._cost * _MEMORY + cost
        self._seconds = self._seconds * _MEMORY + seconds

    def seconds_for(self, cost: int) -> float:
        """Time that work of this cost takes; 0 while nothing has been measured."""
        return cost * self._seconds / self._cost if self._cost else 0.0

    def retry_after(self, cost: int) -> int:
        """Whole seconds, 1 to 60, after which a queue of this cost should be gone."""
        return min(max(math.ceil(self.seconds_for(cost)), 1), _LONGEST_WAIT_S)
