"""Whether what is seen now differs from what was seen before by more than chance, and since when.

Shares are compared by Fisher's exact test, which holds for any number of observations and however rare a word is; many
words at once by Benjamini and Hochberg's procedure, so that few of those named are there by chance; whole
distributions by the population stability index.

Sources: Fisher, "The logic of inductive inference", JRSS 98 (1935); Benjamini and Hochberg, "Controlling the false
discovery rate", JRSS B 57 (1995), and Benjamini and Yekutieli, Annals of Statistics 29 (2001), for hypotheses that
depend on each other positively, as a word's in a sector and in all of them; Siddiqi, "Credit risk scorecards" (2006),
for the index and its thresholds; Page, "Continuous inspection schemes", Biometrika 41 (1954), for the moment of change.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

# What is left of a tail below this share of its largest term changes no digit that matters.
_NEGLIGIBLE = 1e-12


class Share(NamedTuple):
    """How many of how many."""

    hits: int
    of: int

    @property
    def ratio(self) -> float:
        return self.hits / self.of if self.of else math.nan


def p_value_of_rise(now: Share, before: Share) -> float:
    """The chance of so many hits now, or more, if both were drawn from the same: Fisher's exact test, one-sided."""
    # No rise at all is not worth the sum, and 1 is on the safe side.
    if now.hits * before.of <= before.hits * now.of:
        return 1.0
    hits, total = now.hits + before.hits, now.of + before.of
    term = math.exp(
        _log_choose(now.of, now.hits)
        + _log_choose(before.of, hits - now.hits)
        - _log_choose(total, hits)
    )  # fmt: skip
    first, tail = term, 0.0
    # Above the mean the terms fall ever faster.
    for count in range(now.hits, min(hits, now.of) + 1):
        tail += term
        if term < _NEGLIGIBLE * first:
            break
        term *= (now.of - count) / (count + 1) * (hits - count) / (before.of - hits + count + 1)
    return min(1.0, tail)


def p_value_of_change(now: Share, before: Share) -> float:
    """The same in either direction: twice the smaller of both chances."""
    fallen = p_value_of_rise(Share(now.of - now.hits, now.of), Share(before.of - before.hits, before.of))
    return min(1.0, 2 * min(p_value_of_rise(now, before), fallen))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def discoveries(p_values: Sequence[float], tests: int, rate: float) -> float:
    """The largest p-value that counts as found, 0 where none does; at most `rate` of those found are there by chance.

    Args:
        p_values: in any order; those that are left out count as 1.
        tests: how many hypotheses were tested in all.
        rate: the false discovery rate.
    """
    found = 0.0
    for rank, p_value in enumerate(sorted(p_values), start=1):
        if p_value <= rate * rank / tests:
            found = p_value
    return found


def population_stability_index(now: Sequence[int], before: Sequence[int]) -> float:
    """How far two histograms of the same bins are apart: below 0.1 alike, from 0.25 on another population."""
    # Half an observation in each bin, so that an empty one is no infinite surprise.
    share_now, share_before = (
        [(count + 0.5) / (sum(counts) + 0.5 * len(counts)) for count in counts] for counts in (now, before)
    )
    return sum((a - b) * math.log(a / b) for a, b in zip(share_now, share_before, strict=True))


def onset(parts: Sequence[Share], usual: float) -> int:
    """From which of the parts on the share is another than usual: where the evidence for its new level is largest.

    Args:
        parts: of now, in their order.
        usual: the share before.
    """
    hits, of = sum(part.hits for part in parts), sum(part.of for part in parts)
    usual = min(max(usual, 0.5 / (of + 1)), 1 - 0.5 / (of + 1))
    level = (hits + 0.5) / (of + 1)
    best, evidence, place = -math.inf, 0.0, len(parts) - 1
    for number in range(len(parts) - 1, -1, -1):
        part = parts[number]
        gained = part.hits * math.log(level / usual) + (part.of - part.hits) * math.log((1 - level) / (1 - usual))
        evidence += gained
        # A part in which nobody says it begins nothing.
        if part.of and evidence > best:
            best, place = evidence, number
    return place
