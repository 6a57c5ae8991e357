"""What a version must do before it answers anybody: warm up, make sense of a few texts, and be about as fast."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from charcnn.prediction import Prediction

    from opine_sentiment.engine import TextEngine

    Run = Callable[[Callable[[], float]], Awaitable[float]]

PRAISE = "Excellent service, friendly staff and very fast delivery. I am very happy and highly recommend them!"
COMPLAINT = "Terrible. It arrived broken, nobody answers, and they refuse a refund. Worst company ever, avoid!"
_TEXTS = (PRAISE, COMPLAINT, "", "Très bien, livraison rapide — merci! 👍")
MOST_SLOWDOWN = 2.0
"""A version may take so many times what the live one takes for the same texts."""
# The fastest of so many, by the thread's own clock: what else runs on the machine does not count.
_ROUNDS = 5


class ProofError(Exception):
    """The version must not answer; the message says why."""

    def __init__(self, kind: Literal["self_test", "too_slow"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


async def prove(engine: TextEngine, live: TextEngine, run: Run) -> None:
    """Try a version.

    Args:
        engine: what is tried.
        live: what answers now.
        run: does a little work on the engines' thread, between two batches.

    Raises:
        ProofError: it does not pass.
    """
    await run(lambda: _self_test(engine))
    seconds, live_seconds = math.inf, math.inf
    for _ in range(_ROUNDS):
        seconds = min(seconds, await run(lambda: _seconds(engine)))
        live_seconds = min(live_seconds, await run(lambda: _seconds(live)))
    if seconds > MOST_SLOWDOWN * live_seconds:
        raise ProofError(
            "too_slow",
            f"it takes {seconds / live_seconds:.1f} times what the live version takes for the same text; "
            f"{MOST_SLOWDOWN:g} times are allowed",
        )


def _self_test(engine: TextEngine) -> float:
    try:
        predictions = engine.predict([engine.encode(text) for text in _TEXTS], [True] * len(_TEXTS))
    except Exception as error:
        raise ProofError("self_test", f"it fails at a plain text: {error}") from error
    for text, prediction in zip(_TEXTS, predictions, strict=True):
        _require_sense(text, prediction)
    praise, complaint = predictions[0].score, predictions[1].score
    if praise <= complaint:
        raise ProofError("self_test", f"it scores a complaint {complaint:.2f} and praise {praise:.2f}")
    return 0.0


def _require_sense(text: str, prediction: Prediction) -> None:
    numbers = (prediction.score, *prediction.star_probabilities)
    whole = math.isclose(sum(prediction.star_probabilities), 1, abs_tol=1e-3)
    if not whole or not all(0 <= number <= 1 for number in numbers):  # NaN is in no range
        raise ProofError("self_test", f"its probabilities of a text are {prediction.star_probabilities}")
    contributions = prediction.contributions
    if contributions is None or len(contributions) != len(text) or not all(map(math.isfinite, contributions)):
        raise ProofError("self_test", "its contributions are not one finite number a character")


def _seconds(engine: TextEngine) -> float:
    clock = time.thread_time if engine.device == "cpu" else time.perf_counter
    encoded = [engine.encode(PRAISE)]
    begun = clock()
    engine.predict(encoded, [False])
    return clock() - begun
