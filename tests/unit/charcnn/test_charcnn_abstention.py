"""When not to judge: texts of our own that the weights were not fitted on, which stand in abstention_texts.csv."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from charcnn.abstention import REASONS, ROWS, Abstention, AbstentionModel, load_abstention
from charcnn.features import Packed, pack
from charcnn.text import encode
from opine_common.prediction import Abstention as AnsweredAbstention

TEXTS = Path(__file__).parent / "abstention_texts.csv"
LEAST_FOREIGN, LEAST_SILENT, MOST_OF_JUDGED = 0.9, 0.4, 0.06
"""Shares of the texts that are not judged for the right reason, and for any."""


def packed(texts: list[str], stride: int = 4) -> Packed:
    return pack([encode(text).symbols for text in texts], stride=stride, gap=5)


def shares(model: AbstentionModel) -> dict[str, Counter[Abstention | None]]:
    with TEXTS.open(encoding="utf-8", newline="") as handle:
        rows = [(row["kind"], row["text"]) for row in csv.DictReader(handle)]
    reasons = model.reasons(packed([text for _, text in rows]))
    found: dict[str, Counter[Abstention | None]] = {}
    for (kind, _), reason in zip(rows, reasons, strict=True):
        found.setdefault(kind, Counter())[reason] += 1
    return found


def is_good(found: dict[str, Counter[Abstention | None]]) -> bool:
    foreign, silent, judged = found["language"], found["no_opinion"], found["judged"]
    return (
        foreign["language"] >= LEAST_FOREIGN * foreign.total()
        and silent["no_opinion"] >= LEAST_SILENT * silent.total()
        and judged.total() - judged[None] <= MOST_OF_JUDGED * judged.total()
    )


def test_other_languages_and_texts_without_an_opinion_are_told_from_hasty_english() -> None:
    found = shares(load_abstention())
    assert is_good(found), found


@pytest.mark.parametrize("bias", [[-1e6, -1e6], [1e6, -1e6], [-1e6, 1e6]])
def test_weights_that_abstain_never_or_always_are_no_good(bias: list[float]) -> None:
    assert not is_good(shares(AbstentionModel(np.zeros((2, ROWS)), np.array(bias))))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Sehr schlecht, nie wieder!", "language"),
        ("Ужасный сервис, деньги не вернули.", "language"),
        ("質の悪い商品でした。", "language"),
        ("The parcel arrived on Tuesday.", "no_opinion"),
        ("", "no_opinion"),
        ("The parcel arrived on Tuesday and the lid was broken.", None),
        ("★☆☆☆☆", None),
        ("1/5", None),
        ("WORST SHOP EVER", None),
        ("sooooo baaaaad", None),
        ("Giuseppe at the Zürich branch was so helpful 😍", None),
    ],
)
def test_reasons(text: str, reason: Abstention | None) -> None:
    assert load_abstention().reasons(packed([text])) == [reason]


def test_a_text_has_the_same_score_alone_and_among_others() -> None:
    model = load_abstention()
    texts = ["Nie wieder!", "", "It is fine.", "The box has two handles.", "最悪でした。"]
    together = model.scores(packed(texts))
    for index, text in enumerate(texts):
        assert np.array_equal(model.scores(packed([text]))[0], together[index])
        assert np.array_equal(model.scores(packed([text], stride=1))[0], together[index])


def test_the_reasons_are_those_that_services_answer() -> None:
    assert AnsweredAbstention.__args__ == REASONS  # type: ignore[attr-defined]
