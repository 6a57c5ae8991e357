"""First batches, computed before the service is ready: every path has been used, and the engine's speed is known."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opine_sentiment.batching.batcher import ROW_COST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from charcnn.prediction import Prediction
    from charcnn.text import EncodedText

# Short and long, inside and outside ASCII.
_TEXTS = ["", "Good.", "Très bien, livraison rapide — merci! " * 20]
_REVIEW = "The parcel came a day early, but support never answered my mail about the broken lid. " * 3
_SAMPLES = 2


async def warm_up(
    encode: Callable[[str], EncodedText],
    predict: Callable[[Sequence[EncodedText], Sequence[bool]], Awaitable[list[Prediction]]],
    rows: int,
) -> list[tuple[int, float]]:
    """Compute what is usual and measure the smallest and a large batch.

    Args:
        encode: the engine's.
        predict: computes a batch.
        rows: texts of the large batch.

    Returns:
        Cost and seconds of each measured batch.
    """
    texts = [encode(text) for text in _TEXTS]
    await predict(texts, [True] * len(texts))
    measured = []
    for batch in ([encode(_TEXTS[1])], [encode(_REVIEW)] * rows):
        cost = sum(len(text) + ROW_COST for text in batch)
        for _ in range(_SAMPLES):
            started = time.monotonic()
            await predict(batch, [False] * len(batch))
            measured.append((cost, time.monotonic() - started))
    return measured
