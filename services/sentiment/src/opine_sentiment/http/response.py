"""Predictions as JSON. Numbers are rounded to what they mean: it halves an explained answer's size."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import orjson

from opine_sentiment.schemas import TextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from charcnn.prediction import Prediction
    from numpy.typing import NDArray

    from opine_sentiment.schemas import Explain, Model

# Decimal places; a probability of a millionth moves no decision. Contributions are of any magnitude, so their digits
# are significant ones.
_PROBABILITY_DIGITS = 6
_CONTRIBUTION_DIGITS = 4
_WORD = re.compile(r"\S+")
# Contributions written before other requests get the event loop: about a millisecond.
_STRETCH = 1 << 15


async def predictions_json(
    model: Model, texts: Sequence[str], outcomes: Sequence[Prediction | TextError], explain: Explain
) -> bytes:
    """The body of a 200."""
    parts = b",".join(await _parts(texts, outcomes, explain))
    return b'{"model":%b,"predictions":[%b]}' % (orjson.dumps(dict(model)), parts)


async def lines_json(
    texts: Sequence[str | TextError], outcomes: Sequence[Prediction | TextError], explain: Explain
) -> bytes:
    """One line each; a text that was known to be none has its error for an outcome."""
    read = [text if isinstance(text, str) else "" for text in texts]
    return b"".join(part + b"\n" for part in await _parts(read, outcomes, explain))


def word_contributions(text: str, contributions: NDArray[np.float32]) -> list[tuple[int, int, np.float32]]:
    """`WordContribution`s: the sum over each run without white space.

    Args:
        text: N code points.
        contributions: shape (N,).
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    if not spans:
        return []
    import numpy as np  # noqa: PLC0415  BentoML's supervisor imports this module, too, and starts sooner without

    starts, ends = np.array(spans).T
    # Differences of a running sum, in double precision: of a long text little would be left of them in single.
    summed = np.concatenate([[0.0], np.cumsum(contributions, dtype=np.float64)])
    sums = significant(summed[ends] - summed[starts], _CONTRIBUTION_DIGITS)
    return [(start, end, contribution) for (start, end), contribution in zip(spans, sums, strict=True)]


def significant(values: NDArray[np.floating], digits: int) -> NDArray[np.float32]:
    """Round each value to so many significant digits; 0 stays 0. Any shape."""
    # As float32 again: orjson then writes the shortest digits, where a double would have sixteen.
    import numpy as np  # noqa: PLC0415  as above

    exact = values.astype(np.float64)
    magnitude = np.floor(np.log10(np.abs(exact), out=np.zeros_like(exact), where=exact != 0))
    scale = 10.0 ** (digits - 1 - magnitude)
    return (np.round(exact * scale) / scale).astype(np.float32)


async def _parts(texts: Sequence[str], outcomes: Sequence[Prediction | TextError], explain: Explain) -> list[bytes]:
    parts: list[bytes] = []
    stretch = 0
    for text, outcome in zip(texts, outcomes, strict=True):
        parts.append(_outcome_json(text, outcome, explain))
        stretch += len(parts[-1]) // 8  # bytes that a contribution takes, about
        if stretch > _STRETCH:
            stretch = 0
            await asyncio.sleep(0)
    return parts


def _outcome_json(text: str, outcome: Prediction | TextError, explain: Explain) -> bytes:
    if isinstance(outcome, TextError):
        return orjson.dumps({"error": {"code": outcome.code, "message": outcome.message}})
    return orjson.dumps(_prediction_fields(text, outcome, explain), option=orjson.OPT_SERIALIZE_NUMPY)


def _prediction_fields(text: str, prediction: Prediction, explain: Explain) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "score": round(prediction.score, _PROBABILITY_DIGITS),
        "label": prediction.label,
        "stars": prediction.stars,
        "star_probabilities": [round(p, _PROBABILITY_DIGITS) for p in prediction.star_probabilities],
    }
    if prediction.abstention is not None:
        fields["abstention"] = prediction.abstention
    if prediction.contributions is not None and explain == "words":
        fields["words"] = word_contributions(text, prediction.contributions)
    elif prediction.contributions is not None:
        fields["contributions"] = significant(prediction.contributions, _CONTRIBUTION_DIGITS)
    return fields
