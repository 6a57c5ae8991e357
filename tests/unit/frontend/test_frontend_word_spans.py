import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_frontend.word_spans import WordSpan, utf16_offsets, word_spans


def _even(text: str, **weights: float) -> list[float]:
    """Contributions that spread each named word's weight over its characters."""
    shares = [0.0] * len(text)
    for word, weight in weights.items():
        start = text.index(word)
        for index in range(start, start + len(word)):
            shares[index] = weight / len(word)
    return shares


def test_a_word_gathers_its_characters() -> None:
    text = "so good, so slow"
    assert word_spans(text, _even(text, good=2.0, slow=-2.0)) == [WordSpan(3, 8, 3), WordSpan(12, 16, -3)]


def test_offsets_are_those_of_javascript() -> None:
    text = "👟 good 👍🏽 bad"
    spans = word_spans(text, _even(text, good=2.0, bad=-2.0))
    units = text.encode("utf-16-le")
    assert [units[2 * start : 2 * end].decode("utf-16-le") for start, end, _ in spans] == ["good", "bad"]


def test_strength_is_graded_by_the_strongest_word() -> None:
    text = "one two three four"
    assert [span.level for span in word_spans(text, _even(text, one=4.0, two=2.0, three=0.5, four=0.2))] == [3, 2, 1]


def test_a_text_without_a_strong_word_is_not_painted_as_if_it_had_one() -> None:
    text = "the parcel arrived"
    assert [span.level for span in word_spans(text, _even(text, parcel=-0.2))] == [-1]


@pytest.mark.parametrize("text", ["", "   \n", "plain words"])
def test_nothing_to_say_marks_nothing(text: str) -> None:
    assert word_spans(text, [0.0] * len(text)) == []


def test_contributions_of_another_text_are_refused() -> None:
    with pytest.raises(ValueError, match="2 contributions for 3 code points"):
        word_spans("abc", [0.1, 0.2])


@given(st.text())
def test_spans_are_in_order_and_inside_the_text(text: str) -> None:
    spans = word_spans(text, [1.0] * len(text))
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= utf16_offsets(text)[-1] for edge in edges)
    assert len(spans) == len(text.split())
