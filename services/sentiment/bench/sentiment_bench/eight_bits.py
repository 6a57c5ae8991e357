"""The gate that int8 must pass, on the benchmark's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from charcnn.engine import load_engine

from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.engine import Engine

_GATE_TEXTS = 500
_MAX_PROBABILITY_DIFFERENCE = 0.01
_LEAST_SAME_STARS = 0.995


def gate(model: Path, exact: Engine) -> dict[str, Any]:
    """How far the answers are from the exact ones, and whether that is near enough."""
    texts = [exact.encode(text) for text in reviews(_GATE_TEXTS, None, seed=11)]
    explain = [False] * len(texts)
    expected, actual = (engine.predict(texts, explain) for engine in (exact, load_engine(model, precision="int8")))
    difference = max(
        float(np.abs(np.subtract(a.star_probabilities, b.star_probabilities)).max())
        for a, b in zip(expected, actual, strict=True)
    )
    same = sum(a.stars == b.stars for a, b in zip(expected, actual, strict=True)) / len(texts)
    return {
        "largest_probability_difference": round(difference, 4),
        "same_stars": round(same, 4),
        "allowed_difference": _MAX_PROBABILITY_DIFFERENCE,
        "required_same_stars": _LEAST_SAME_STARS,
        "passed": difference <= _MAX_PROBABILITY_DIFFERENCE and same >= _LEAST_SAME_STARS,
    }
