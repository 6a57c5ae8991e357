"""The release plan, and which steps lead from one to the next. Pure: who may decide and where it is kept is elsewhere.

A candidate shadows the live version, then a part of the sessions sees it, then all do, or it is taken back. A version
may also be pinned: it is live at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from opine_reviews.models import Stage

CANARY_WEIGHTS = (10, 50)
"""Percent of the sessions that see the candidate, step by step."""


class StepRefusedError(Exception):
    """The plan does not allow this step; the message says what does."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which version answers whom. Versions are named by their digests."""

    revision: int = 0
    live: str | None = None
    """None as long as nothing was decided: each service serves what it was shipped with."""
    candidate: str | None = None
    release: int | None = None
    stage: Stage | None = None
    weight: int = 0
    """Percent of the sessions that see the candidate."""


Transition = Callable[[Plan], Plan]


def pin(plan: Plan, digest: str) -> Plan:
    """Make a version live without a release, such as the first one, or an earlier one again."""
    if plan.release is not None:
        raise StepRefusedError(f"release {plan.release} is open: promote it or roll it back, then pin")
    if plan.live == digest:
        raise StepRefusedError("this version is live already")
    return replace(plan, revision=plan.revision + 1, live=digest)


def start(plan: Plan, candidate: str, release: int) -> Plan:
    """Let a candidate shadow the live version."""
    if plan.live is None:
        raise StepRefusedError("no version is live yet: pin the first one")
    if plan.release is not None:
        raise StepRefusedError(f"release {plan.release} is open: promote it or roll it back first")
    if plan.live == candidate:
        raise StepRefusedError("this version is live already")
    return replace(plan, revision=plan.revision + 1, candidate=candidate, release=release, stage="shadow")


def advance(plan: Plan) -> Plan:
    """Show the candidate to more sessions."""
    _require_open(plan)
    weight = next((weight for weight in CANARY_WEIGHTS if weight > plan.weight), None)
    if weight is None:
        raise StepRefusedError(f"the candidate has its last weight, {plan.weight} %: promote it or roll it back")
    return replace(plan, revision=plan.revision + 1, stage="canary", weight=weight)


def promote(plan: Plan) -> Plan:
    """Make the candidate live; a person may do so at any stage."""
    _require_open(plan)
    return Plan(revision=plan.revision + 1, live=plan.candidate)


def roll_back(plan: Plan) -> Plan:
    """Take the candidate back; the live version stays as it was all the time."""
    _require_open(plan)
    return Plan(revision=plan.revision + 1, live=plan.live)


def _require_open(plan: Plan) -> None:
    if plan.release is None:
        raise StepRefusedError("no release is open: start one")
