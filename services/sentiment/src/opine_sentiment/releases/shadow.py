"""What the shadow of a live version would have said: computed when the engine is free, counted, never answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_sentiment.batching.batcher import Failed
from opine_sentiment.engine import VersionedText
from opine_sentiment.metrics import SHADOW_FLIPS, SHADOW_SCORE_DISTANCE, SHADOW_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from charcnn.prediction import Prediction

    from opine_sentiment.releases.serving import Version

    Offer = Callable[[VersionedText, Callable[[Prediction | Failed], None]], bool]


def compare(shadow: Version, text: str, shown: Prediction, offer: Offer) -> None:
    """Let the shadow score a text, if there is time, and count how its answer differs from the one that was shown."""
    version = shadow.model.version

    def count(answer: Prediction | Failed) -> None:
        if isinstance(answer, Failed):
            SHADOW_TEXTS.labels(version, "failed").inc()
            return
        SHADOW_TEXTS.labels(version, "compared").inc()
        SHADOW_SCORE_DISTANCE.labels(version).observe(abs(answer.score - shown.score))
        if answer.stars != shown.stars:
            SHADOW_FLIPS.labels(version, "stars").inc()
        if answer.label != shown.label:
            SHADOW_FLIPS.labels(version, "label").inc()

    SHADOW_TEXTS.labels(version, "offered").inc()
    offer(VersionedText(shadow.engine, shadow.engine.encode(text)), count)
