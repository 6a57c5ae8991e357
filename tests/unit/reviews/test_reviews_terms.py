"""Which of a brand's terms are shown, and whether they are said more than before."""

import pytest
from opine_reviews.terms import CountedTerm, Trend, choose, trend, without_name


def counted(term: str, reviews: int, pull: float = 1.0) -> CountedTerm:
    return CountedTerm(term, reviews=reviews, clients=reviews, pull=pull * reviews)


def chosen(terms: list[CountedTerm], *others: CountedTerm, limit: int = 10) -> list[str]:
    by_pull = sorted(terms, key=lambda term: -abs(term.pull))
    return [term.term for term in choose(by_pull, [*terms, *others], limit)]


def test_the_strongest_come_first() -> None:
    assert chosen([counted("great", 10), counted("fast", 20), counted("late", 5, -9.0)]) == ["late", "fast", "great"]


def test_half_are_phrases_where_there_are_enough() -> None:
    words = [counted(f"word{number}", 100 - number) for number in range(9)]
    phrases = [counted(f"some phrase{number}", 20 - number) for number in range(9)]
    both = chosen([*words, *phrases], limit=6)
    assert both == ["word0", "word1", "word2", "some phrase0", "some phrase1", "some phrase2"]
    assert chosen([*words, phrases[0]], limit=3) == ["word0", "word1", "some phrase0"]


def test_a_word_that_is_mostly_said_in_a_phrase_gives_way() -> None:
    phrase = counted("friendly staff", 10, 2.0)
    assert chosen([phrase, counted("staff", 20), counted("friendly", 21)]) == ["friendly", "friendly staff"]


def test_a_piece_of_a_longer_saying_is_none_of_its_own() -> None:
    service = counted("customer service", 100, -0.2)
    pieces = [counted("great customer", 20), counted("service centre", 20), counted("great value", 20)]
    assert chosen(pieces, service) == ["great value"]
    assert "great customer" in chosen(pieces, counted("customer service", 40))


def test_a_brands_name_says_nothing_of_it() -> None:
    terms = [counted(term, 5) for term in ("best", "buy", "best price", "helpful staff")]
    assert [term.term for term in without_name(terms, "Best Buy!")] == ["helpful staff"]


@pytest.mark.parametrize(
    ("recent", "all_recent", "before", "all_before", "expected"),
    [
        (6, 20, 10, 100, "rising"),
        (2, 40, 10, 100, "falling"),
        (0, 40, 10, 100, "falling"),
        (4, 40, 10, 100, "steady"),
        (3, 20, 0, 100, "rising"),
        (2, 20, 0, 100, None),
        (0, 20, 10, 100, None),
        (10, 20, 0, 0, None),
        (0, 0, 10, 100, None),
    ],
)
def test_the_trend_compares_shares(
    recent: int, all_recent: int, before: int, all_before: int, expected: Trend | None
) -> None:
    assert trend(recent, all_recent, before, all_before) == expected
