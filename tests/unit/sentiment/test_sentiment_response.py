"""Answers as JSON."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from charcnn.prediction import Prediction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from opine_sentiment.http.response import predictions_json, significant, word_contributions
from opine_sentiment.schemas import Explain, Model, TextError, TextPrediction

MODEL = Model(name="opine-charcnn", version="1.0.0", digest="d" * 64)
PREDICTION = Prediction(
    score=0.123456789,
    label="average",
    stars=3,
    star_probabilities=(0.1, 0.2, 1 / 3, 0.2, 1 / 6),
    contributions=None,
)


def answer(*outcomes: Prediction | TextError, text: str = "", explain: Explain = True) -> Any:  # noqa: ANN401  JSON
    body = predictions_json(MODEL, [text] * len(outcomes), outcomes, explain)
    return json.loads(asyncio.run(body))


def test_each_outcome_stands_in_its_place() -> None:
    error = TextError(code="too_long", message="the text has 9 characters; 8 are allowed")
    assert answer(PREDICTION, error, PREDICTION) == {
        "model": {"name": "opine-charcnn", "version": "1.0.0", "digest": "d" * 64},
        "predictions": [
            {
                "score": 0.123457,
                "label": "average",
                "stars": 3,
                "star_probabilities": [0.1, 0.2, 0.333333, 0.2, 0.166667],
            },
            {"error": {"code": "too_long", "message": "the text has 9 characters; 8 are allowed"}},
            answer(PREDICTION)["predictions"][0],
        ],
    }


def test_a_reason_not_to_judge_is_said_where_there_is_one() -> None:
    abstained = replace(PREDICTION, abstention="language")
    first, second = answer(abstained, PREDICTION)["predictions"]
    assert first == second | {"abstention": "language"}
    assert TextPrediction.model_validate(first).model_dump()["abstention"] == "language"
    assert "abstention" not in TextPrediction.model_validate(second).model_dump()


def test_no_texts_have_no_predictions() -> None:
    assert answer()["predictions"] == []


def test_contributions_have_four_significant_digits() -> None:
    contributions = np.array([0, 0.0123456, -123.456, 9.9999e-5, 1], np.float32)
    explained = Prediction(0.5, "good", 4, (0, 0, 0, 1, 0), contributions)
    assert answer(explained)["predictions"][0]["contributions"] == [0, 0.01235, -123.5, 0.0001, 1]


def test_words_have_their_place_and_the_sum_of_their_characters() -> None:
    text = "👍 so  good!"
    contributions = np.array([2, 9, 0.25, 0.5, 9, 9, 1, 1, -0.5, 0, 0.123456], np.float32)
    explained = Prediction(0.5, "good", 4, (0, 0, 0, 1, 0), contributions)
    prediction = answer(explained, text=text, explain="words")["predictions"][0]
    assert "contributions" not in prediction
    assert prediction["words"] == [
        [0, 1, 2],
        [2, 4, 0.75],
        [6, 11, 1.623],
    ]


def test_a_text_without_words_has_none() -> None:
    assert word_contributions(" \n ", np.zeros(3, np.float32)) == []


def test_a_large_answer_lets_others_run_in_between() -> None:
    explained = Prediction(0.5, "good", 4, (0, 0, 0, 1, 0), np.full(20_000, 1 / 3, np.float32))

    async def turns_of_another() -> int:
        turns = 0
        task = asyncio.ensure_future(predictions_json(MODEL, ["x"] * 50, [explained] * 50, explain=True))
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(turns_of_another()) > 5


@given(arrays(np.float32, st.integers(0, 20), elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False)))
def test_rounding_changes_no_value_by_more_than_half_a_digit(values: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    rounded = significant(values, 4)
    assert rounded.dtype == np.float32
    assert rounded == pytest.approx(values, rel=5.1e-4, abs=0)
