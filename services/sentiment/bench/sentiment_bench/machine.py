"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from sentiment_bench.measure import cpu_seconds

_PACKAGES = ("bentoml", "fastapi", "fasttext-community", "litserve", "numpy", "onnxruntime", "scikit-learn", "torch")
_SIZE = 1024


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
