"""What counts as drift: statistics against figures known otherwise; a change is named, and no change is not."""

import datetime as dt
import random
from collections import Counter
from itertools import pairwise

import pytest
from opine_reviews.drift.measuring import last_night, measure_source
from opine_reviews.drift.statistics import (
    Share,
    discoveries,
    onset,
    p_value_of_change,
    p_value_of_rise,
    population_stability_index,
)
from opine_reviews.drift.verdict import judge
from opine_reviews.schemas.drift import DriftWord, ShareAnswer, SourceFigures
from scipy.stats import fisher_exact

from tests.support.reviews.language import TIMES, ReadLanguage, Row

TUESDAY = TIMES.since + dt.timedelta(days=1)


@pytest.mark.parametrize("seed", range(50))
def test_the_exact_test_is_fishers(seed: int) -> None:
    chance = random.Random(seed)
    of = chance.choice((8, 40, 900))
    now, before = (Share(chance.randint(0, of), of) for of in (of, 3 * of))
    table = [[now.hits, now.of - now.hits], [before.hits, before.of - before.hits]]
    exact = fisher_exact(table, "greater").pvalue
    if now.ratio > before.ratio:
        assert p_value_of_rise(now, before) == pytest.approx(exact, rel=1e-6)
    else:
        assert p_value_of_rise(now, before) == 1.0
    doubled = 2 * min(exact, fisher_exact(table, "less").pvalue)
    assert p_value_of_change(now, before) == pytest.approx(min(1.0, doubled), rel=1e-6)


def test_of_nothing_nothing_follows() -> None:
    for now, before in [(Share(0, 0), Share(3, 9)), (Share(3, 9), Share(0, 0)), (Share(0, 9), Share(0, 9))]:
        assert p_value_of_rise(now, before) == p_value_of_change(now, before) == 1.0


def test_discoveries_are_benjamini_and_hochbergs() -> None:
    # The third alone is above its own bound, and found with the fourth.
    assert discoveries([0.04, 0.001, 0.031, 0.008], 4, 0.05) == 0.04
    assert discoveries([0.04, 0.001, 0.031, 0.008], 40, 0.05) == 0.001
    assert discoveries([0.04], 40, 0.05) == 0.0
    assert discoveries([], 40, 0.05) == 0.0


def test_the_stability_index_is_as_usual() -> None:
    assert population_stability_index([100, 200, 700], [10, 20, 70]) < 0.01
    assert population_stability_index([500, 300, 200], [200, 300, 500]) == pytest.approx(0.55, abs=0.01)
    assert population_stability_index([1000, 0], [0, 1000]) < 20


def test_a_change_begins_where_the_evidence_does() -> None:
    level = [Share(2, 10)] * 3 + [Share(7, 10)] * 4
    assert onset(level, 0.2) == 3
    assert onset([Share(1, 9)] * 6 + [Share(9, 9)], 0.1) == 6
    # A new word begins on the day of which it is new.
    assert onset([Share(0, 0)] * 2 + [Share(6, 9)] * 5, 0.2) == 2
    assert onset([Share(6, 9)] * 7, 0.0) == 0


def slang(chance: random.Random, row: Row) -> Row:
    """From Tuesday on a quarter of the people say a word that nobody said, and which the model cannot read."""
    if row["created_at"] < TUESDAY or chance.random() > 0.25:
        return row
    is_corrected = chance.random() < 0.8
    return {
        **row,
        "text": row["text"] + " bussin",
        "suggested_stars": 2,
        "stars": 5 if is_corrected else 2,
    }


def refunds(chance: random.Random, row: Row) -> Row:
    """A word that was said kindly is said in anger from Tuesday on, in one sector."""
    if chance.random() > 0.2:
        return row
    turned = row["created_at"] >= TUESDAY and row["brand_slug"] in {"nike", "adidas"}
    return {**row, "text": row["text"] + " refund", "pulls": {"refund": -1.5 if turned else 1.0}}


@pytest.mark.parametrize("seed", range(5))
def test_a_word_that_the_model_cannot_read_is_named_with_its_day(seed: int) -> None:
    figures, words = measure_source(ReadLanguage(seed, 400, slang), "people", TIMES)
    assert [(word.signal, word.text, word.sector, word.before) for word in words] == [("misread", "bussin", None, None)]
    (word,) = words
    assert word.since == TUESDAY
    assert (word.direction, word.difference) == ("for", 3.0)
    assert figures.reviews_now + figures.reviews_before == 2000


@pytest.mark.parametrize("seed", range(5))
def test_a_word_that_has_turned_is_named_with_its_sector(seed: int) -> None:
    _, words = measure_source(ReadLanguage(seed, 600, refunds), "people", TIMES)
    assert {(word.signal, word.text, word.sector) for word in words} == {("turned", "refund", "Sports and outdoors")}
    (word,) = words
    assert word.since == TUESDAY
    assert word.before is not None
    # It speaks against more often, or for it less.
    assert (word.direction == "against") == (word.now.ratio > word.before.ratio)
    assert word.difference < -1


def test_where_nothing_changes_nothing_is_named() -> None:
    alarms = []
    for seed in range(100):
        figures, words = measure_source(ReadLanguage(seed, 100), "people", TIMES)
        alarms += [*words, *judge([figures], [])]
    assert alarms == []


def test_a_model_that_fails_everywhere_names_no_word() -> None:
    def fail(chance: random.Random, row: Row) -> Row:
        return row if row["created_at"] < TIMES.since else {**row, "stars": chance.randint(1, 5)}

    figures, words = measure_source(ReadLanguage(1, 400, fail), "people", TIMES)
    assert words == []
    (reason,) = judge([figures], [])
    assert (reason.signal, reason.words) == ("agreement", [])
    assert "of the proposals are kept" in reason.said


def test_what_stands_beside_a_misread_word_is_not_named_with_it() -> None:
    def sentence(chance: random.Random, row: Row) -> Row:
        if chance.random() > 0.3:
            return row
        if row["created_at"] < TUESDAY:
            return {**row, "text": row["text"] + " delivery"}
        said = chance.choice((" bussin delivery", " bussin delivery", " yeet"))
        return {**row, "text": row["text"] + said, "suggested_stars": 2, "stars": 5}

    _, words = measure_source(ReadLanguage(1, 400, sentence), "people", TIMES)
    assert {word.text for word in words} == {"bussin", "yeet"}


def test_a_word_that_was_always_hard_is_none() -> None:
    def hard(chance: random.Random, row: Row) -> Row:
        if chance.random() > 0.2:
            return row
        return {**row, "text": row["text"] + " however", "stars": 3, "suggested_stars": chance.choice((1, 5))}

    _, words = measure_source(ReadLanguage(1, 400, hard), "people", TIMES)
    assert words == []


@pytest.mark.parametrize("who", ["few clients", "few a day", "one brand", "unknown clients"])
def test_what_could_be_a_name_is_not_named(who: str) -> None:
    said = 0
    days: Counter[dt.date] = Counter()

    def name(chance: random.Random, row: Row) -> Row:
        nonlocal said
        if row["created_at"] < TUESDAY or chance.random() > 0.25 or (who == "few clients" and said == 14):
            return row
        days[row["created_at"].date()] += 1
        if who == "few a day" and days[row["created_at"].date()] > 4:
            return row
        said += 1
        added = {"text": row["text"] + " xanthippe", "suggested_stars": 1, "stars": 5}
        if who == "one brand":
            added["brand_slug"] = "nike"
        if who == "unknown clients":
            added["client_hash"] = None
        return {**row, **added}

    _, words = measure_source(ReadLanguage(1, 400, name), "people", TIMES)
    assert said > 13
    assert words == []


def figures(**changed: object) -> SourceFigures:
    same = ShareAnswer(hits=80, of=100)
    plain = {"agreement_now": same, "agreement_before": same, "language_now": ShareAnswer(hits=0, of=100)}
    return SourceFigures.model_validate(
        {
            "source": "people",
            "reviews_now": 100,
            "reviews_before": 400,
            "language_before": ShareAnswer(hits=0, of=400),
            "stability": {"score": 0.1, "label": None, "length": 0.2},
            **plain,
            **changed,
        }
    )


@pytest.mark.parametrize(
    ("changed", "signals"),
    [
        ({}, []),
        ({"agreement_now": ShareAnswer(hits=0, of=0)}, []),
        ({"agreement_now": ShareAnswer(hits=700, of=1000), "agreement_before": ShareAnswer(hits=3200, of=4000)},
         ["agreement"]),
        # Sure, and too little to matter.
        ({"agreement_now": ShareAnswer(hits=76_000, of=100_000), "agreement_before": ShareAnswer(hits=32, of=40)}, []),
        # Much, and not sure.
        ({"agreement_now": ShareAnswer(hits=5, of=10)}, []),
        ({"agreement_now": ShareAnswer(hits=99, of=100)}, []),
        ({"language_now": ShareAnswer(hits=20, of=100)}, ["language"]),
        ({"stability": {"score": 0.25, "label": 0.3, "length": None}}, ["score", "label"]),
    ],
)  # fmt: skip
def test_the_verdict_follows_from_the_figures(changed: dict[str, object], signals: list[str]) -> None:
    assert [reason.signal for reason in judge([figures(**changed)], [])] == signals


def test_misread_words_are_said_and_turned_ones_are_no_reason() -> None:
    def word(number: int, signal: str, source: str = "people") -> DriftWord:
        fields = {"signal": signal, "text": f"word{number}", "source": source, "sector": None, "before": None}
        said = {"now": {"hits": 9, "of": 20}, "direction": "for", "difference": 1, "since": TUESDAY, "p_value": 1e-9}
        return DriftWord.model_validate({**fields, **said})

    assert judge([figures()], [word(1, "turned"), word(2, "misread", "scraped")]) == []
    (reason,) = judge([figures()], [word(number, "misread") for number in range(7)])
    assert reason.said.endswith("say “word0”, “word1”, “word2”, “word3”, “word4” and 2 more.")
    assert len(reason.words) == 7


def test_a_night_ends_with_the_day_and_parts_are_days() -> None:
    times = last_night(dt.datetime(2026, 11, 23, 5, tzinfo=dt.timezone(dt.timedelta(hours=9))))
    assert times.until == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert (times.until - times.since, times.since - times.before) == (dt.timedelta(7), dt.timedelta(28))
    moments = [times.since + day * dt.timedelta(days=1) for day in range(7)]
    assert [times.part_of(moment) for moment in moments] == list(range(7))
    assert times.part_of(times.since - dt.timedelta(seconds=1)) is None
    assert all(after - before == times.part for before, after in pairwise(moments))
