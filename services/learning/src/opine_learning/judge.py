"""What happens to the open release now, from what is known now. Pure: nothing is remembered between two looks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from opine_learning.evidence import (
    Counts,
    Stratum,
    largest_difference,
    log_e_value,
    prior_from,
    smallest_difference,
)

Step = Literal["hold", "advance", "promote", "rollback"]
Fact = bool | int | float | str | None
Facts = dict[str, Fact | dict[str, Fact]]

_NONE = Counts(0, 0)
_NONE_OF_BOTH = Stratum(_NONE, _NONE)

LAST_CANARY_WEIGHT = 50
"""Percent of the sessions; after it all see the candidate (docs/contracts.md)."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """When a release goes on and when it ends."""

    shadow_comparisons: int = 500
    max_label_flips: float = 0.15
    min_stage_s: float = 600
    min_reviews: int = 50
    max_reviews: int = 5000
    """Of each version; one that is as good has nearly always proved itself by then."""
    margin: float = 0.05
    """Of the rate of corrected proposals; less is as good."""
    alpha: float = 0.05
    """Chance that a version that is worse by the margin is ever promoted, and that one as good is ever taken back."""
    max_failed: float = 0.01
    max_slow: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stretch of time in which a part of the sessions saw the candidate, and how many proposals were corrected."""

    weight: int
    proposals: Stratum


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The open release as the registry and the sentiment service report it. Versions are compared at the same time."""

    weight: int
    """Percent of the sessions that see the candidate; none in the shadow."""
    stage_s: float
    """Since the last step."""
    refusals: Sequence[str] = ()
    """Why services do not serve the candidate, one each."""
    loaded: bool = False
    """A service has the candidate."""
    shadow: Mapping[str, Counts] = field(default_factory=dict)
    """Comparisons with the live version, and those with another label or other stars."""
    before: Counts = _NONE
    """Proposals of the live version that were corrected before people saw the candidate."""
    stages: Sequence[Stage] = ()
    failed: Stratum = _NONE_OF_BOTH
    slow: Stratum = _NONE_OF_BOTH


@dataclass(frozen=True)
class Verdict:
    step: Step
    reason: str
    evidence: Facts


def decide(seen: Observation, policy: Policy) -> Verdict:
    """The next step of the open release."""
    evidence: Facts = {"stage_s": round(seen.stage_s)}
    # One refusal is enough: pods run one image, so that the others would meet the same.
    if seen.refusals:
        return Verdict("rollback", f"the candidate is refused: {seen.refusals[0]}", evidence)
    if not seen.loaded:
        return Verdict("hold", "no sentiment service has loaded the candidate yet", evidence)
    return _judge_canary(seen, policy, evidence) if seen.weight else _judge_shadow(seen, policy, evidence)


def _judge_shadow(seen: Observation, policy: Policy, evidence: Facts) -> Verdict:
    labels = seen.shadow.get("label", _NONE)
    for what, flips in seen.shadow.items():
        evidence[f"{what}_flips"] = {"flips": flips.events, "comparisons": flips.trials}
    # Before the share is looked at: of ten texts two may flip by chance. No sequential test here, for a shadow harms
    # nobody and its share is a bound on change, not on harm.
    if labels.trials < policy.shadow_comparisons:
        return Verdict("hold", f"{labels.trials} of {policy.shadow_comparisons} texts were compared", evidence)
    if labels.rate > policy.max_label_flips:
        return Verdict("rollback", _too_many_flips(labels, policy.max_label_flips), evidence)
    # A burst of traffic fills the count within seconds; a leak or a slow batch needs longer to show.
    if seen.stage_s < policy.min_stage_s:
        return Verdict("hold", "the shadow passed; its least time is not over", evidence)
    return Verdict("advance", f"{labels.rate:.1%} of {labels.trials} texts would get another label", evidence)


def _too_many_flips(flips: Counts, most: float) -> str:
    return f"{flips.rate:.1%} of {flips.trials} texts would get another label; {most:.1%} are allowed"


def _judge_canary(seen: Observation, policy: Policy, evidence: Facts) -> Verdict:
    # Guardrails first: a version that fails is taken back however few people have judged it.
    for name, counts, most in (("failed", seen.failed, policy.max_failed), ("slow", seen.slow, policy.max_slow)):
        against = log_e_value([counts], null="at_most", difference=most)
        evidence[name] = {**_counts(counts), "most": most, "e_against": _e(against)}
        if _convinces(against, policy):
            return Verdict("rollback", f"more requests are {name} than with the live version", evidence)
    # All stages count, the first one too: an e-value is never begun anew, or a judge could try until it is lucky.
    strata = [stage.proposals for stage in seen.stages]
    prior = prior_from(seen.before)
    worse = log_e_value(strata, null="at_most", prior=prior)
    as_good = log_e_value(strata, null="at_least", difference=policy.margin, prior=prior)
    for stage in seen.stages:
        evidence[f"corrected_at_{stage.weight}"] = _counts(stage.proposals)
    evidence["corrected"] = {"e_worse": _e(worse), "e_as_good": _e(as_good), "margin": policy.margin}
    # Before the least count: ten of ten that were corrected need no forty more.
    if _convinces(worse, policy):
        return Verdict("rollback", "people correct its proposals more often than the live version's", evidence)
    fewest = min(sum(one.candidate.trials for one in strata), sum(one.baseline.trials for one in strata))
    if fewest < policy.min_reviews:
        reason = f"only {fewest} reviews came with a version's proposal; {policy.min_reviews} of each are needed"
        return Verdict("hold", reason, evidence)
    if seen.stage_s < policy.min_stage_s:
        return Verdict("hold", "the stage's least time is not over", evidence)
    if seen.weight < LAST_CANARY_WEIGHT:
        return Verdict("advance", "nothing speaks against more people seeing the candidate", evidence)
    return _judge_last_stage(fewest, policy, as_good, evidence)


def _judge_last_stage(reviews: int, policy: Policy, as_good: float, evidence: Facts) -> Verdict:
    if _convinces(as_good, policy):
        return Verdict("promote", "people correct its proposals no more often than the live version's", evidence)
    # Between equal and worse by the margin nothing may ever be proved, and two versions at once cost memory. What is
    # live is known, so it stays.
    if reviews >= policy.max_reviews:
        return Verdict("rollback", f"{reviews} reviews did not prove it as good as the live version", evidence)
    return Verdict("hold", "the evidence does not suffice yet", evidence)


def _convinces(log_e: float, policy: Policy) -> bool:
    # Ville's inequality: under the null an e-value reaches 1/alpha with probability alpha at most, at any time.
    return log_e >= -math.log(policy.alpha)


def _counts(counts: Stratum) -> dict[str, Fact]:
    return {
        "candidate": counts.candidate.events,
        "candidate_of": counts.candidate.trials,
        "baseline": counts.baseline.events,
        "baseline_of": counts.baseline.trials,
    }


def bound_difference(seen: Observation, policy: Policy) -> Facts:
    """What is left of the difference of the rates of correction; each bound holds at all times but with `alpha`."""
    strata = [stage.proposals for stage in seen.stages]
    if not strata:
        return {}
    prior = prior_from(seen.before)
    least = smallest_difference(strata, alpha=policy.alpha, prior=prior)
    most = largest_difference(strata, alpha=policy.alpha, prior=prior)
    return {"difference": {"least": round(least, 4), "most": round(most, 4), "alpha": policy.alpha}}


def _e(log_e: float) -> float:
    """The e-value, as far as JSON has numbers for it."""
    # exp(710) is more than a float holds, and JSON knows no infinity. Three digits are what a person reads.
    return float(f"{math.exp(max(-700.0, min(700.0, log_e))):.3g}")
