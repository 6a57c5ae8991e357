"""The score and the stars of 2019, jumps included: only the winning class counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def score(probabilities: Sequence[float]) -> float:
    """Score in [0, 1] of p(bad), p(average), p(good); the first of equal classes wins.

    Bad: 0.33 (1 - p); average: 0.34 p + 0.33; good: 0.33 p + 0.67.
    """
    bad, average, good = probabilities
    highest = max(bad, average, good)
    if bad == highest:
        return 0.33 * (1 - bad)
    if average == highest:
        return (0.67 - 0.33) * average + 0.33
    return (1 - 0.67) * good + 0.67


def stars(score: float) -> int:
    """Proposed stars, 1-5, of a score."""
    return min(int(score * 5 + 1), 5)
