"""Texts that fail alone."""

import pytest
from opine_sentiment.predictor import check_text
from opine_sentiment.schemas import TextError


@pytest.mark.parametrize("text", ["", "a" * 10, "é" * 10, "👍" * 10, "\0", "\U0010ffff"])
def test_text_within_the_limit_is_fine(text: str) -> None:
    assert check_text(text, 10) == text


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("a" * 11, "too_long", "11 characters; 10 are"),
        ("👍" * 11, "too_long", "11 characters"),
        ("ab\ud83d", "invalid", "character 2"),
        ("\udc4d\ud83d", "invalid", "character 0"),
    ],
)
def test_text_that_cannot_be_scored_says_why(text: str, code: str, said: str) -> None:
    error = check_text(text, 10)
    assert isinstance(error, TextError)
    assert error.code == code
    assert said in error.message
