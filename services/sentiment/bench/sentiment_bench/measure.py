"""Repeated measurements, what is said of them, and the machine that they were made on."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PACKAGES = ("bentoml", "fastapi", "fasttext-community", "litserve", "numpy", "onnxruntime", "scikit-learn", "torch")
_SIZE = 1024


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


def machine() -> dict[str, Any]:
    return {
        "cpu": _cpu_name(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system() + " " + platform.release().split("-")[0],
        "packages": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def load_average() -> float:
    """Processes that wanted to run, over the last minute."""
    return round(os.getloadavg()[0], 2)


def peak_multiply_adds(rounds: int) -> float:
    """Single-precision multiply-adds a second that a large matrix product reaches on one core."""
    rng = np.random.default_rng(1)
    a, b = (rng.random((_SIZE, _SIZE), np.float32) for _ in range(2))
    out = np.empty_like(a)
    seconds = cpu_seconds({"product": lambda: np.matmul(a, b, out=out)}, rounds, 0.2)["product"].least
    return float(f"{_SIZE**3 / seconds:.4g}")


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
