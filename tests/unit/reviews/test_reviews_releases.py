"""Every step from every plan."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_reviews.releases import CANARY_WEIGHTS, Plan, StepRefusedError, advance, pin, promote, roll_back, start

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64
NOTHING = Plan()
STEADY = Plan(revision=1, live=OLD)
SHADOW = Plan(revision=2, live=OLD, candidate=NEW, release=7, stage="shadow")
CANARY = Plan(revision=3, live=OLD, candidate=NEW, release=7, stage="canary", weight=CANARY_WEIGHTS[0])
WIDER = Plan(revision=4, live=OLD, candidate=NEW, release=7, stage="canary", weight=CANARY_WEIGHTS[1])

Step = Callable[[Plan], Plan]


def pinned(digest: str) -> Step:
    return lambda plan: pin(plan, digest)


def started(plan: Plan) -> Plan:
    return start(plan, NEW, 7)


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        (NOTHING, pinned(OLD), STEADY),
        (STEADY, pinned(NEW), Plan(revision=2, live=NEW)),
        (STEADY, started, SHADOW),
        (SHADOW, advance, CANARY),
        (CANARY, advance, WIDER),
        *[(plan, promote, Plan(revision=plan.revision + 1, live=NEW)) for plan in (SHADOW, CANARY, WIDER)],
        *[(plan, roll_back, Plan(revision=plan.revision + 1, live=OLD)) for plan in (SHADOW, CANARY, WIDER)],
    ],
)
def test_a_step_leads_to_the_next_plan(before: Plan, step: Step, after: Plan) -> None:
    assert step(before) == after


@pytest.mark.parametrize(
    ("plan", "step", "what_to_do"),
    [
        (NOTHING, started, "pin the first one"),
        (STEADY, pinned(OLD), "live already"),
        (STEADY, lambda plan: start(plan, OLD, 7), "live already"),
        *[(STEADY, step, "start one") for step in (advance, promote, roll_back)],
        *[(plan, step, "promote it or roll it back") for plan in (SHADOW, WIDER) for step in (started, pinned(OTHER))],
        (WIDER, advance, "promote it or roll it back"),
    ],
)
def test_another_step_is_refused_with_what_to_do(plan: Plan, step: Step, what_to_do: str) -> None:
    with pytest.raises(StepRefusedError, match=what_to_do):
        step(plan)


STEPS: list[Step] = [pinned(OLD), pinned(NEW), started, lambda plan: start(plan, OLD, 8), advance, promote, roll_back]


@given(st.lists(st.sampled_from(STEPS)))
def test_whatever_is_tried_the_plan_makes_sense(steps: list[Step]) -> None:
    plan = NOTHING
    for step in steps:
        try:
            following = step(plan)
        except StepRefusedError:
            continue
        assert following.revision == plan.revision + 1
        assert plan.live is None or following.live in {plan.live, plan.candidate} or plan.release is None
        plan = following
        assert plan.live is not None
        assert plan.candidate != plan.live
        assert (plan.candidate is None) == (plan.release is None) == (plan.stage is None)
        assert (plan.weight > 0) == (plan.stage == "canary")
