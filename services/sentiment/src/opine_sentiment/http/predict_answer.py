"""Answers as JSON. Numbers are rounded to what they mean: it halves an explained answer's size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from opine_sentiment.text_errors import TextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.prediction import Prediction
    from numpy.typing import NDArray

_PROBABILITY_DIGITS = 6
_CONTRIBUTION_DIGITS = 4

# Contributions written before other requests get the event loop: about a millisecond.
_STRETCH = 1 << 15


async def answer_json(name: str, version: str, outcomes: Sequence[Prediction | TextError]) -> bytes:
    """The body of a 200."""
    model = orjson.dumps({"name": name, "version": version})
    return b'{"model":%b,"predictions":[%b]}' % (model, b",".join(await _parts(outcomes)))


async def lines_json(outcomes: Sequence[Prediction | TextError]) -> bytes:
    """One line each."""
    return b"".join(part + b"\n" for part in await _parts(outcomes))


async def _parts(outcomes: Sequence[Prediction | TextError]) -> list[bytes]:
    parts: list[bytes] = []
    stretch = 0
    for outcome in outcomes:
        parts.append(_outcome_json(outcome))
        stretch += len(parts[-1]) // 8
        if stretch > _STRETCH:
            stretch = 0
            await asyncio.sleep(0)
    return parts


def _outcome_json(outcome: Prediction | TextError) -> bytes:
    if isinstance(outcome, TextError):
        return orjson.dumps({"error": {"code": outcome.code, "message": outcome.message}})
    answer: dict[str, Any] = {
        "score": round(outcome.score, _PROBABILITY_DIGITS),
        "label": outcome.label,
        "stars": outcome.stars,
        "star_probabilities": [round(probability, _PROBABILITY_DIGITS) for probability in outcome.star_probabilities],
    }
    if outcome.contributions is not None:
        answer["contributions"] = significant(outcome.contributions, _CONTRIBUTION_DIGITS)
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def significant(values: NDArray[np.float32], digits: int) -> NDArray[np.float32]:
    """Round each value to so many significant digits; 0 stays 0. Any shape."""
    exact = values.astype(np.float64)
    magnitude = np.floor(np.log10(np.abs(exact), out=np.zeros_like(exact), where=exact != 0))
    scale = 10.0 ** (digits - 1 - magnitude)
    return (np.round(exact * scale) / scale).astype(np.float32)
