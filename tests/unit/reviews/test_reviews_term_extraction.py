"""From a text and its words' contributions to the terms that a review is found by."""

import re

import pytest
from opine_common.prediction import WordContribution
from opine_reviews.term_extraction import MAX_TERM_LENGTH, canonical, extract_terms


def scored(text: str, *contributions: float) -> list[WordContribution]:
    """The words of a text with their contributions; 1 each where none are given."""
    runs = list(re.finditer(r"\S+", text))
    return [
        WordContribution(*run.span(), contribution)
        for run, contribution in zip(runs, contributions or [1.0] * len(runs), strict=True)
    ]


def terms(text: str, *contributions: float) -> dict[str, float]:
    return {term.text: round(term.pull, 3) for term in extract_terms(text, scored(text, *contributions))}


def test_a_phrase_pulls_as_its_words_together() -> None:
    assert terms("Slow delivery", -0.8, -0.3) == {"slow": -0.8, "delivery": -0.3, "slow delivery": -1.1}


def test_a_word_that_is_said_twice_pulls_as_both() -> None:
    assert terms("Great. Truly great!", 1.0, 0.2, 0.5) == {"great": 1.5, "truly": 0.2, "truly great": 0.7}


def test_function_words_say_nothing_by_themselves() -> None:
    assert terms("It was all of the staff") == {"staff": 1.0}


def test_a_negation_says_something_with_the_word_after_it() -> None:
    assert terms("not good", -2.0, 0.5) == {"good": 0.5, "not good": -1.5}


@pytest.mark.parametrize("text", ["good, staff", "good. Staff", "good (staff)", "good - staff", "good the staff"])
def test_words_that_are_parted_are_no_phrase(text: str) -> None:
    assert set(terms(text)) == {"good", "staff"}


@pytest.mark.parametrize(
    ("said", "found_as"),
    [
        ("GREAT!!!", "great"),
        ("“great”", "great"),
        ("ｇｒｅａｔ", "great"),  # noqa: RUF001  full width
        ("great's", "great"),
        ("Café", "café"),
        ("cafe\u0301", "café"),
        ("Straße", "strasse"),
        ("well-made", "well-made"),
        ("shouldn’t", "shouldn't"),  # noqa: RUF001  as telephones write it
        ("अच्छी।", "अच्छी"),
        ("слово…", "слово"),
        ("  Slow\nDelivery! ", "slow delivery"),
        ("!!!", ""),
    ],
)
def test_one_form_for_what_is_said_alike(said: str, found_as: str) -> None:
    assert canonical(said) == found_as
    assert canonical(found_as) == found_as


@pytest.mark.parametrize("text", ["12 !!! 😡 x 3.50 --", "", "a" * (MAX_TERM_LENGTH + 1)])
def test_what_is_no_word_is_no_term(text: str) -> None:
    assert terms(text) == {}


def test_what_hardly_says_anything_is_left_out() -> None:
    assert terms("parcel arrived", 0.04, -0.05) == {}


def test_only_the_strongest_are_kept() -> None:
    words = [f"{letter}word" for letter in "abcdefghijkl"]
    found = terms(" ".join(words), *range(1, 13))
    assert [term for term in found if " " not in term] == [f"{letter}word" for letter in "lkjihg"]
    assert sum(" " in term for term in found) == 4


def test_words_of_another_text_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the text of 3"):
        extract_terms("bad", scored("worse"))
