"""What the judge is worth: simulated releases of versions of which we know how good they are.

Visitors write reviews; one in `weight` percent sees the candidate, and corrects its proposal at the rate of the
baseline and a true difference. The baseline's rate swings by day, which both versions share. The judge is the one
that runs: `opine_learning.judge.decide`.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from opine_learning.evidence import Counts, Stratum
from opine_learning.judge import Observation, Policy, Stage, decide

Outcome = Literal["promoted", "rolled_back", "undecided"]

BASE_RATE = 0.3
SWING = 0.05
_DAY_S = 86_400.0
# A look costs time here, so that there are fewer than in earnest where a look would see nothing new.
_LOOK_S = 600.0
_REVIEWS_A_LOOK = 10
_FIRST_WEIGHT, _NEXT_WEIGHT = 10, 50
_REVIEWS_BEFORE = 2000
_GIVEN_UP_S = 60 * _DAY_S

DIFFERENCES = (-0.05, 0.0, 0.025, 0.05, 0.1, 0.2)
REVIEWS_A_DAY = (100, 1_000, 10_000)


@dataclass(frozen=True)
class Scenario:
    reviews_a_day: int
    difference: float
    """Of the candidate's true rate of corrected proposals from the baseline's."""


@dataclass(frozen=True)
class Characteristics:
    """Of many releases of one scenario."""

    scenario: Scenario
    promoted: float
    rolled_back: float
    undecided: float
    median_s: float
    """Until a decision; NaN without any."""


def characterise(scenario: Scenario, policy: Policy, *, releases: int, seed: int) -> Characteristics:
    """Play releases, each with a seed of its own."""
    played = [play(scenario, policy, random.Random(f"{seed} {scenario} {number}")) for number in range(releases)]
    outcomes = Counter(outcome for outcome, _ in played)
    times = [seconds for outcome, seconds in played if outcome != "undecided"]
    return Characteristics(
        scenario,
        outcomes["promoted"] / releases,
        outcomes["rolled_back"] / releases,
        outcomes["undecided"] / releases,
        median(times) if times else math.nan,
    )


def play(scenario: Scenario, policy: Policy, rng: random.Random) -> tuple[Outcome, float]:
    """One release from the first visitor who sees the candidate on; how it ended, and after how many seconds."""
    look_s = max(_LOOK_S, _REVIEWS_A_LOOK * _DAY_S / scenario.reviews_a_day)
    before = Counts(sum(rng.random() < BASE_RATE for _ in range(_REVIEWS_BEFORE)), _REVIEWS_BEFORE)
    stages = [Stage(weight=_FIRST_WEIGHT, proposals=Stratum(Counts(0, 0), Counts(0, 0)))]
    began, now = 0.0, 0.0
    while now < _GIVEN_UP_S:
        now += look_s
        stages[-1] = _add_reviews(stages[-1], scenario, now, look_s, rng)
        verdict = decide(
            Observation(
                weight=stages[-1].weight,
                stage_s=now - began,
                loaded=True,
                before=before,
                stages=tuple(stages),
            ),
            policy,
        )
        match verdict.step:
            case "advance":
                began = now
                stages.append(Stage(weight=_NEXT_WEIGHT, proposals=Stratum(Counts(0, 0), Counts(0, 0))))
            case "promote":
                return "promoted", now
            case "rollback":
                return "rolled_back", now
    return "undecided", now


def _add_reviews(stage: Stage, scenario: Scenario, now: float, seconds: float, rng: random.Random) -> Stage:
    base = BASE_RATE + SWING * math.sin(2 * math.pi * now / _DAY_S)
    added = [[0, 0], [0, 0]]
    for _ in range(_poisson(scenario.reviews_a_day * seconds / _DAY_S, rng)):
        # Reviews stand for visitors: most write one, so that they are independent here, and nearly so in earnest.
        is_candidate = rng.random() * 100 < stage.weight
        corrected = rng.random() < base + scenario.difference * is_candidate
        added[not is_candidate][0] += corrected
        added[not is_candidate][1] += 1
    arms = [
        Counts(old.events + events, old.trials + trials)
        for old, (events, trials) in zip(stage.proposals, added, strict=True)
    ]
    return Stage(weight=stage.weight, proposals=Stratum(*arms))


def _poisson(mean: float, rng: random.Random) -> int:
    """How many events of a rate: they are counted until the time is over."""
    count, left = 0, mean
    while (left := left - rng.expovariate(1.0)) > 0:
        count += 1
    return count


def table(found: Sequence[Characteristics]) -> Iterator[str]:
    """As Markdown; a line a scenario."""
    yield "| true difference | reviews a day | promoted | taken back | undecided | median time |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in found:
        yield (
            f"| {one.scenario.difference:+.1%} | {one.scenario.reviews_a_day:,} | {one.promoted:.1%} "
            f"| {one.rolled_back:.1%} | {one.undecided:.1%} | {_duration(one.median_s)} |"
        )


def _duration(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    hours = seconds / 3600
    return f"{hours / 24:.1f} d" if hours >= 48 else f"{hours:.1f} h"  # noqa: PLR2004  two days
