import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_common.prediction import WordContribution
from opine_frontend.composer_routes import Highlight, highlights

_WORD = re.compile(r"\S+")


def _words(text: str, **contributions: float) -> list[WordContribution]:
    """As the API answers: named words with their contributions, all others with nothing."""
    return [
        WordContribution(
            start=match.start(), end=match.end(), contribution=contributions.get(match.group().strip(","), 0.0)
        )
        for match in _WORD.finditer(text)
    ]


def test_words_are_graded_for_and_against() -> None:
    text = "so good, so slow"
    assert highlights(text, _words(text, good=2.0, slow=-2.0)) == [Highlight(3, 8, 3), Highlight(12, 16, -3)]


def test_offsets_are_those_of_javascript() -> None:
    text = "👟 good 👍🏽 bad"
    spans = highlights(text, _words(text, good=2.0, bad=-2.0))
    units = text.encode("utf-16-le")
    assert [units[2 * start : 2 * end].decode("utf-16-le") for start, end, _ in spans] == ["good", "bad"]


def test_strength_is_graded_by_the_strongest_word() -> None:
    text = "one two three four"
    assert [span.level for span in highlights(text, _words(text, one=4.0, two=2.0, three=0.5, four=0.2))] == [3, 2, 1]


def test_a_text_without_a_strong_word_is_not_painted_as_if_it_had_one() -> None:
    text = "the parcel arrived"
    assert [span.level for span in highlights(text, _words(text, parcel=-0.2))] == [-1]


@pytest.mark.parametrize(
    ("text", "contributions", "marked"),
    [
        ("it was awful", {"was": -1.5, "awful": -0.5}, {"awful": -3}),
        ("\u201cThe worst of it", {"\u201cThe": -1.0, "worst": -1.0, "of": -1.0}, {"worst": -3}),
        ("I don\u2019t like it", {"don\u2019t": -2.0, "it": -1.0}, {"don\u2019t": -3, "like": -2}),
        ("and the", {"the": 2.0}, {"the": 3}),  # nothing else could be shown
    ],
)
def test_function_words_hand_on_what_they_say(
    text: str, contributions: dict[str, float], marked: dict[str, int]
) -> None:
    shown = {text[span.start : span.end]: span.level for span in highlights(text, _words(text, **contributions))}
    assert shown == marked


@pytest.mark.parametrize("text", ["", "   \n", "plain words"])
def test_nothing_to_say_marks_nothing(text: str) -> None:
    assert highlights(text, _words(text)) == []


@pytest.mark.parametrize("edges", [[(0, 4)], [(0, 2), (1, 3)], [(2, 3), (0, 1)], [(2, 1)]])
def test_words_of_another_text_are_refused(edges: list[tuple[int, int]]) -> None:
    words = [WordContribution(start=start, end=end, contribution=0.0) for start, end in edges]
    with pytest.raises(ValueError, match="overlap or leave the text of 3 code points"):
        highlights("abc", words)


@given(st.text())
def test_spans_are_in_order_and_inside_the_text(text: str) -> None:
    words = [WordContribution(start=match.start(), end=match.end(), contribution=1.0) for match in _WORD.finditer(text)]
    spans = highlights(text, words)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text.encode("utf-16-le")) // 2 for edge in edges)
    assert len(spans) <= len(text.split())
    assert bool(spans) == bool(text.split())
