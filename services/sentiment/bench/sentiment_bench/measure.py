"""Repeated measurements and what is said of them."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Spread:
    """Median and the least and largest of some rounds."""

    median: float
    least: float
    largest: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(*(_rounded(value) for value in (statistics.median(values), min(values), max(values))))

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def cpu_seconds(contenders: Mapping[str, Callable[[], object]], rounds: int, least_s: float) -> dict[str, Spread]:
    """CPU time of one call of each, in turns, so that whatever slows the machine slows all of them.

    Args:
        contenders: what to call, in this thread alone.
        rounds: measurements of each.
        least_s: CPU time of a measurement at least.
    """
    calls = {}
    for name, call in contenders.items():
        call()
        once = max(_timed(call, 1), 1e-6)
        calls[name] = max(1, round(least_s / once))
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            taken[name].append(_timed(call, calls[name]))
    return {name: Spread.of(values) for name, values in taken.items()}


def _timed(call: Callable[[], object], times: int) -> float:
    started = time.thread_time()
    for _ in range(times):
        call()
    return (time.thread_time() - started) / times


def percentile(values: list[float], share: float) -> float:
    """Of sorted or unsorted values, the nearest rank."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
