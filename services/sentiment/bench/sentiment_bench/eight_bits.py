"""The gate that int8 must pass, on the benchmark's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charcnn.engine import load_engine
from charcnn.quantise import MAX_PROBABILITY_DIFFERENCE, MIN_SAME_LABELS, compare, passes

from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.engine import Engine

_GATE_TEXTS = 500


def gate(model: Path, exact: Engine) -> dict[str, Any]:
    """How far the answers are from the exact ones, and whether that is near enough."""
    texts = [exact.encode(text) for text in reviews(_GATE_TEXTS, None, seed=11)]
    figures = compare(exact, load_engine(model, precision="int8"), texts)
    return {
        "largest_probability_difference": figures.max_probability_difference,
        "same_labels": figures.same_labels,
        "allowed_difference": MAX_PROBABILITY_DIFFERENCE,
        "required_same_labels": MIN_SAME_LABELS,
        "passed": passes(figures),
    }
