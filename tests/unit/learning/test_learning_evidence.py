"""The e-value: against the likelihood maximised by brute force, against its own promise, and beside a plain z test."""

from __future__ import annotations

import math
import random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opine_learning.evidence import (
    Counts,
    Null,
    Prior,
    Stratum,
    largest_difference,
    log_e_value,
    prior_from,
    smallest_difference,
)

ON_A_BUSY_MACHINE = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GRID = [1e-9, *(number / 1000 for number in range(1, 1000)), 1 - 1e-9]
HALF = Prior(0.5, 0.5)


def log_likelihood(counts: Counts, rate: float) -> float:
    return counts.events * math.log(rate) + (counts.trials - counts.events) * math.log(1 - rate)


def log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def by_brute_force(stratum: Stratum, null: Null, difference: float) -> float:
    """The same with the null's largest likelihood looked for on a grid."""
    candidate, baseline = stratum

    def allowed(apart: float) -> bool:
        return apart >= difference - 1e-9 if null == "at_least" else apart <= difference + 1e-9

    best = max(
        log_likelihood(candidate, c) + log_likelihood(baseline, b) for c in GRID for b in GRID[::5] if allowed(c - b)
    )
    mixtures = [log_beta(0.5 + one.events, 0.5 + one.trials - one.events) - log_beta(0.5, 0.5) for one in stratum]
    return sum(mixtures) - best


@pytest.mark.parametrize("null", ["at_least", "at_most"])
@pytest.mark.parametrize("difference", [0.0, 0.05, -0.1])
@pytest.mark.parametrize(
    "counts",
    [(30, 100, 30, 100), (10, 90, 60, 150), (50, 60, 10, 60), (5, 20, 0, 180), (0, 20, 60, 180), (20, 20, 3, 90)],
)
def test_the_denominator_is_the_null_s_largest_likelihood(
    null: Null, difference: float, counts: tuple[int, int, int, int]
) -> None:
    stratum = Stratum(Counts(*counts[:2]), Counts(*counts[2:]))
    found = log_e_value([stratum], null=null, difference=difference, prior=HALF)
    assert found == pytest.approx(by_brute_force(stratum, null, difference), abs=0.05)


ARM = st.integers(0, 300).flatmap(lambda trials: st.builds(Counts, st.integers(0, trials), st.just(trials)))


@ON_A_BUSY_MACHINE
@given(st.lists(st.builds(Stratum, ARM, ARM), min_size=1, max_size=3), st.floats(-0.5, 0.5))
def test_it_never_argues_for_both_sides(strata: list[Stratum], difference: float) -> None:
    at_least = log_e_value(strata, null="at_least", difference=difference)
    at_most = log_e_value(strata, null="at_most", difference=difference)
    assert min(at_least, at_most) <= 1e-9 or len(strata) > 1
    assert math.isfinite(at_least)
    assert math.isfinite(at_most)


@ON_A_BUSY_MACHINE
@given(st.builds(Stratum, ARM, ARM))
def test_bounds_enclose_what_was_seen(stratum: Stratum) -> None:
    least = smallest_difference([stratum], alpha=0.05)
    most = largest_difference([stratum], alpha=0.05)
    assert -1 <= least <= most <= 1
    if stratum.candidate.trials and stratum.baseline.trials:
        assert least - 1e-6 <= stratum.candidate.rate - stratum.baseline.rate <= most + 1e-6


def test_nothing_seen_is_no_evidence() -> None:
    for null in get_args(Null):
        assert log_e_value([], null=null) == 0
        assert log_e_value([Stratum(Counts(0, 0), Counts(30, 100))], null=null, prior=HALF) < 0


def ever_convinced(rng: random.Random, *, rates: tuple[float, float], difference: float, reviews: int) -> bool:
    """Whether a judge who looks after every tenth review is ever convinced at 5 %."""
    counts = [[0, 0], [0, 0]]
    prior = prior_from(Counts(300, 1000))
    for number in range(1, reviews + 1):
        arm = rng.random() < 0.5
        counts[arm][0] += rng.random() < rates[arm]
        counts[arm][1] += 1
        if number % 10 == 0:
            stratum = Stratum(Counts(*counts[0]), Counts(*counts[1]))
            if log_e_value([stratum], null="at_least", difference=difference, prior=prior) >= -math.log(0.05):
                return True
    return False


def test_looking_often_does_not_wear_the_promise_out() -> None:
    """A version that is worse by just the margin passes for as good in at most 5 % of runs, however often one looks."""
    rng = random.Random(1)
    false_alarms = sum(ever_convinced(rng, rates=(0.35, 0.3), difference=0.05, reviews=1500) for _ in range(150))
    assert false_alarms <= 0.05 * 150
    rng = random.Random(1)
    found = sum(ever_convinced(rng, rates=(0.2, 0.3), difference=0.05, reviews=1500) for _ in range(30))
    assert found == 30, "a better one is recognised"


def test_a_test_that_is_made_for_one_look_would_not_keep_it() -> None:
    """What the e-value is for: the usual z test, looked at as often, is wrong several times as often as it says."""
    rng = random.Random(2)
    wrong = 0
    for _ in range(150):
        counts = [[0, 0], [0, 0]]
        for number in range(1, 1501):
            arm = rng.random() < 0.5
            counts[arm][0] += rng.random() < (0.35, 0.3)[arm]
            counts[arm][1] += 1
            if number % 10 == 0 and number > 100:
                (k_c, n_c), (k_b, n_b) = counts
                difference = k_c / n_c - k_b / n_b
                spread = math.sqrt(k_c * (n_c - k_c) / n_c**3 + k_b * (n_b - k_b) / n_b**3)
                if difference - 0.05 < -1.645 * spread:
                    wrong += 1
                    break
    assert wrong > 3 * 0.05 * 150


def test_strata_keep_a_shift_of_both_rates_from_looking_like_a_difference() -> None:
    first = Stratum(Counts(60, 300), Counts(540, 2700))
    second = Stratum(Counts(600, 1500), Counts(600, 1500))
    pooled = Stratum(Counts(660, 1800), Counts(1140, 4200))
    assert log_e_value([pooled], null="at_most") > -math.log(0.05), "pooled, the candidate looks worse"
    assert log_e_value([first, second], null="at_most") < 0


def test_a_prior_counts_for_a_hundred_reviews_at_most() -> None:
    assert prior_from(Counts(0, 0)) == HALF
    assert prior_from(Counts(3, 10)) == Prior(3.5, 7.5)
    assert prior_from(Counts(3000, 10_000)) == Prior(30.5, 70.5)
