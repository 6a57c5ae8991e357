"""Evidence that one rate exceeds another, which may be looked at as often as one likes.

Two versions answer at the same time, each visitor one of them; an event is a proposal that its reader corrected, or a
request that failed or was slow. The null hypothesis is that the candidate's rate is at least, or at most, the
baseline's plus a difference. The e-value is a mixture likelihood over the largest likelihood under the null:

    E = (mixture over the candidate's rate) (mixture over the baseline's rate) / product over strata of sup L

For every pair of rates in the null the numerator over the true likelihood is a martingale with mean 1, however the
two kinds of observations alternate and whoever chose that, and E is never larger. So P(E ever reaches 1/alpha) <=
alpha (Ville): a judge may look every minute, act when it is convinced, and two judges may look at once. E follows from
the counts alone; nothing needs to be remembered from one look to the next.

Within a stratum a rate is constant; between strata it may change, as the share of visitors does between the stages of
a release, and pooling would then mistake the mixture for a difference. A prior of what was seen before costs nothing
in validity and about halves the reviews that a decision takes.

Sources: Wasserman, Ramdas, Balakrishnan, "Universal inference", PNAS 117 (2020), section 8, for the ratio; Robbins,
"Statistical methods related to the law of the iterated logarithm" (1970), for the mixture; Ramdas, Gruenwald, Vovk,
Shafer, "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38 (2023), for what it means;
Howard, Ramdas, McAuliffe, Sekhon, Annals of Statistics 49 (2021), for the confidence sequence that it inverts to.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Null = Literal["at_least", "at_most"]

# To a billionth: the likelihood is flat where it is largest.
_HALVINGS = 30
_EDGE = 1e-12
_PRIOR_WEIGHT = 100
"""Observations of before that count; more say no more, for rates drift."""


class Counts(NamedTuple):
    """How often something happened."""

    events: int
    trials: int

    @property
    def rate(self) -> float:
        return self.events / self.trials if self.trials else math.nan


class Stratum(NamedTuple):
    """What was counted of both versions in one stretch of time."""

    candidate: Counts
    baseline: Counts


@dataclass(frozen=True)
class Prior:
    """A beta distribution of both rates."""

    events: float = 0.5
    others: float = 0.5


def prior_from(before: Counts) -> Prior:
    """Centred on a rate that was seen before the first observation; none seen is Jeffreys' prior."""
    # Jeffreys' half on top, so that a rate of nought or one before does not forbid the other outcome for ever.
    share = min(1.0, _PRIOR_WEIGHT / before.trials) if before.trials else 0.0
    return Prior(0.5 + share * before.events, 0.5 + share * (before.trials - before.events))


def log_e_value(strata: Sequence[Stratum], *, null: Null, difference: float = 0.0, prior: Prior | None = None) -> float:
    """The logarithm of the evidence against the null.

    Args:
        strata: what was counted.
        null: the candidate's rate is at least or at most the baseline's plus `difference`.
        difference: between -1 and 1.
        prior: chosen before anything was counted.
    """
    prior = prior or Prior()
    numerator = sum(
        _log_mixture(sum(one.events for one in arm), sum(one.trials for one in arm), prior)
        for arm in ([stratum.candidate for stratum in strata], [stratum.baseline for stratum in strata])
    )
    return numerator - sum(_log_largest_likelihood(stratum, null, difference) for stratum in strata)


def largest_difference(strata: Sequence[Stratum], *, alpha: float, prior: Prior | None = None) -> float:
    """No larger difference than this is left at any time, but with probability `alpha`."""
    return _bound(strata, null="at_least", alpha=alpha, prior=prior)


def smallest_difference(strata: Sequence[Stratum], *, alpha: float, prior: Prior | None = None) -> float:
    """No smaller difference than this is left at any time, but with probability `alpha`."""
    return _bound(strata, null="at_most", alpha=alpha, prior=prior)


def _bound(strata: Sequence[Stratum], *, null: Null, alpha: float, prior: Prior | None) -> float:
    """Where the evidence against the null begins to suffice; it grows with the difference, or falls."""
    # By halves: the e-value is monotone in the difference, and its bounds are asked for once a look.
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        refuted = log_e_value(strata, null=null, difference=middle, prior=prior) >= -math.log(alpha)
        if refuted == (null == "at_least"):
            high = middle
        else:
            low = middle
    return high if null == "at_least" else low


def _log_mixture(events: int, trials: int, prior: Prior) -> float:
    a, b = prior.events, prior.others
    return _log_beta(a + events, b + trials - events) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_largest_likelihood(stratum: Stratum, null: Null, difference: float) -> float:
    candidate, baseline = stratum
    free = _log_likelihood(candidate, candidate.rate) + _log_likelihood(baseline, baseline.rate)
    # Of one arm alone nothing follows about a difference: the null may then explain it best, and E is at most 1.
    if not candidate.trials or not baseline.trials:
        return free
    apart = candidate.rate - baseline.rate
    if apart >= difference if null == "at_least" else apart <= difference:
        return free
    # The likelihood is concave: under the null it is largest where the rates are just `difference` apart.
    rate = _likeliest_baseline_rate(candidate, baseline, difference)
    return _log_likelihood(candidate, rate + difference) + _log_likelihood(baseline, rate)


def _likeliest_baseline_rate(candidate: Counts, baseline: Counts, difference: float) -> float:
    # By halves: Newton's steps begin by doubling where one of the rates is nought, and one is soon wrong there.
    low, high = max(0.0, -difference) + _EDGE, min(1.0, 1.0 - difference) - _EDGE
    for _ in range(_HALVINGS):
        rate = (low + high) / 2
        if _slope(baseline, rate) + _slope(candidate, rate + difference) > 0:
            low = rate
        else:
            high = rate
    return (low + high) / 2


def _slope(counts: Counts, rate: float) -> float:
    return counts.events / rate - (counts.trials - counts.events) / (1 - rate)


def _log_likelihood(counts: Counts, rate: float) -> float:
    others = counts.trials - counts.events
    return (counts.events * math.log(rate) if counts.events else 0.0) + (others * math.log1p(-rate) if others else 0.0)
