"""Texts, some of which cannot be scored, to an outcome each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opine_sentiment.batching.request import Failed
from opine_sentiment.metrics import PREDICTIONS, TEXT_ERRORS
from opine_sentiment.text_errors import INTERNAL, TextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.prediction import Prediction

    from opine_sentiment.predictor import Predictor


async def score(
    predictor: Predictor, texts: Sequence[str | TextError], *, explain: bool, deadline: float
) -> list[Prediction | TextError]:
    """Score the texts that can be scored, each answer in its text's place.

    Raises:
        Exception: what `Predictor.predict` raises; then nothing was scored.
    """
    scorable = [text for text in texts if isinstance(text, str)]
    answers = iter(await predictor.predict(scorable, explain=explain, deadline=deadline))
    outcomes: list[Prediction | TextError] = []
    for text in texts:
        if isinstance(text, TextError):
            outcomes.append(text)
        else:
            answer = next(answers)
            outcomes.append(INTERNAL if isinstance(answer, Failed) else answer)
    _count(outcomes, predictor.model_version)
    return outcomes


def _count(outcomes: Sequence[Prediction | TextError], model_version: str) -> None:
    for outcome in outcomes:
        if isinstance(outcome, TextError):
            TEXT_ERRORS.labels(outcome.code).inc()
        else:
            PREDICTIONS.labels(outcome.label, model_version).inc()
