"""Texts that fail alone."""

import pytest
from opine_sentiment.text_errors import text_error


@pytest.mark.parametrize("text", ["", "a" * 10, "é" * 10, "👍" * 10, "\0", "\U0010ffff"])
def test_text_within_the_limit_is_fine(text: str) -> None:
    assert text_error(text, 10) is None


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
    error = text_error(text, 10)
    assert error is not None
    assert error.code == code
    assert said in error.message
