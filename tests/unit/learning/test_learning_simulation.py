"""The table of docs/releases.md against a smaller run of the same simulation, and the judge's promises."""

from __future__ import annotations

import math
import re

import pytest
from opine_learning.judge import Policy
from opine_learning.simulation import DIFFERENCES, REVIEWS_A_DAY, Scenario, characterise, table

from tests.support import ROOT

DOCUMENT = (ROOT / "docs/releases.md").read_text()
ROW = re.compile(
    r"^\| ([+-][\d.]+)% \| ([\d,]+) \| ([\d.]+)% \| ([\d.]+)% \| ([\d.]+)% \| (?:[\d.]+ [dh])? \|$", re.MULTILINE
)
DOCUMENTED = {
    Scenario(int(reviews.replace(",", "")), float(difference) / 100): tuple(float(share) / 100 for share in shares)
    for difference, reviews, *shares in ROW.findall(DOCUMENT)
}
RELEASES = 12


def test_the_document_has_every_scenario() -> None:
    assert list(DOCUMENTED) == [
        Scenario(reviews, difference) for difference in DIFFERENCES for reviews in REVIEWS_A_DAY
    ]
    assert "500 releases a line" in DOCUMENT


@pytest.mark.parametrize("scenario", [one for one in DOCUMENTED if one.reviews_a_day > 100], ids=str)
def test_a_smaller_run_says_the_same(scenario: Scenario) -> None:
    found = characterise(scenario, Policy(), releases=RELEASES, seed=7)
    for share, documented in zip(
        (found.promoted, found.rolled_back, found.undecided), DOCUMENTED[scenario], strict=True
    ):
        spread = math.sqrt(max(documented * (1 - documented), 0.01) / RELEASES)
        assert abs(share - documented) <= 4 * spread


def test_the_promises_hold_in_the_table() -> None:
    alpha, margin = Policy().alpha, Policy().margin
    for scenario, (promoted, rolled_back, undecided) in DOCUMENTED.items():
        assert promoted + rolled_back + undecided == pytest.approx(1, abs=0.002)
        if scenario.difference >= margin:
            assert promoted <= alpha
        if scenario.difference < 0:
            assert rolled_back <= alpha


def test_a_judge_with_another_margin_would_be_found_out() -> None:
    """The checks can fail: whoever calls 20 points worse as good promotes what the table takes back."""
    generous = characterise(Scenario(10_000, 0.05), Policy(margin=0.2), releases=10, seed=7)
    assert generous.promoted > DOCUMENTED[generous.scenario][0] + 0.3


def test_a_seed_is_a_run() -> None:
    lines = [list(table([characterise(Scenario(10_000, 0.1), Policy(), releases=3, seed=5)])) for _ in range(2)]
    assert lines[0] == lines[1]
    assert len(lines[0]) == 3
