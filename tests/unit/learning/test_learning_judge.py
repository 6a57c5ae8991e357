"""What is decided on which observation; each rule with a case just beside it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opine_learning.evidence import Counts, Stratum
from opine_learning.judge import Observation, Policy, Stage, bound_difference, decide

ON_A_BUSY_MACHINE = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY = Policy()


def flips(label: int, comparisons: int) -> dict[str, Counts]:
    return {"label": Counts(label, comparisons), "stars": Counts(2 * label, comparisons)}


SHADOW = Observation(weight=0, stage_s=3600, loaded=True, shadow=flips(30, 1000))


def canary(weight: int, candidate: tuple[int, int], baseline: tuple[int, int], **fields: object) -> Observation:
    stage = Stage(weight=weight, proposals=Stratum(Counts(*candidate), Counts(*baseline)))
    seen = Observation(
        weight=weight, stage_s=3600, loaded=True, before=Counts(300, 1000), stages=[stage], shadow=flips(30, 1000)
    )
    return replace(seen, **fields)  # type: ignore[arg-type]  # as the caller gives them


BAD = Stratum(Counts(90, 1000), Counts(10, 1000))
NO_WORSE = Stratum(Counts(15, 1000), Counts(10, 1000))


@pytest.mark.parametrize(
    ("seen", "step", "said"),
    [
        (SHADOW, "advance", "3.0% of 1000 texts"),
        (replace(SHADOW, loaded=False), "hold", "no sentiment service has loaded"),
        (replace(SHADOW, refusals=["too_slow: 3 times"]), "rollback", "refused: too_slow"),
        (replace(SHADOW, shadow=flips(0, 499)), "hold", "499 of 500"),
        (replace(SHADOW, shadow={}), "hold", "0 of 500"),
        (replace(SHADOW, shadow=flips(151, 1000)), "rollback", "15.1%"),
        (replace(SHADOW, shadow=flips(150, 1000)), "advance", "15.0%"),
        (replace(SHADOW, stage_s=599), "hold", "least time"),
        (canary(10, (15, 50), (130, 450)), "advance", "nothing speaks against"),
        (canary(10, (15, 49), (130, 450)), "hold", "only 49 reviews"),
        (canary(10, (15, 450), (10, 49)), "hold", "only 49 reviews"),
        (canary(10, (0, 0), (0, 0)), "hold", "only 0 reviews"),
        (canary(10, (15, 50), (130, 450), stage_s=10), "hold", "least time"),
        (canary(10, (40, 50), (130, 450)), "rollback", "more often"),
        (canary(10, (40, 50), (130, 450), stage_s=1), "rollback", "more often"),
        (canary(10, (15, 50), (130, 450), refusals=["failed: x"]), "rollback", "failed: x"),
        (canary(10, (15, 50), (130, 450), failed=BAD), "rollback", "more requests are failed"),
        (canary(10, (15, 50), (130, 450), slow=BAD), "rollback", "more requests are slow"),
        (canary(10, (15, 50), (130, 450), failed=NO_WORSE, slow=NO_WORSE), "advance", "nothing"),
        (canary(50, (300, 1000), (300, 1000)), "hold", "does not suffice"),
        (canary(50, (900, 3000), (900, 3000)), "promote", "no more often"),
        (canary(50, (900, 3000), (900, 3000), stage_s=1), "hold", "least time"),
        (canary(50, (1050, 3000), (900, 3000)), "rollback", "more often"),
        (canary(50, (1635, 5000), (1500, 5000)), "rollback", "did not prove"),
        (canary(50, (1630, 4999), (1500, 5000)), "hold", "does not suffice"),
    ],
)
def test_what_is_decided(seen: Observation, step: str, said: str) -> None:
    verdict = decide(seen, POLICY)
    assert (verdict.step, said in verdict.reason) == (step, True), verdict


COUNTS = st.integers(0, 10_000).flatmap(lambda trials: st.builds(Counts, st.integers(0, trials), st.just(trials)))
STRATA = st.builds(Stratum, COUNTS, COUNTS)
OBSERVATIONS = st.builds(
    Observation,
    weight=st.sampled_from([0, 10, 50]),
    stage_s=st.floats(0, 1e8),
    loaded=st.just(True),
    shadow=st.fixed_dictionaries({"label": COUNTS, "stars": COUNTS}),
    before=COUNTS,
    stages=st.lists(st.builds(Stage, weight=st.sampled_from([10, 50]), proposals=STRATA), min_size=1, max_size=2),
    failed=STRATA,
    slow=STRATA,
)


@ON_A_BUSY_MACHINE
@given(OBSERVATIONS)
def test_evidence_is_what_the_registry_takes(seen: Observation) -> None:
    verdict = decide(seen, POLICY)
    written = json.dumps(
        {"reason": verdict.reason, **verdict.evidence, **bound_difference(seen, POLICY)}, allow_nan=False
    )
    assert len(written) < 4096


@ON_A_BUSY_MACHINE
@given(OBSERVATIONS)
def test_only_the_last_stage_promotes_and_never_without_evidence(seen: Observation) -> None:
    verdict = decide(seen, POLICY)
    if verdict.step == "promote":
        assert seen.weight == 50
        corrected = verdict.evidence["corrected"]
        assert isinstance(corrected, dict)
        assert float(str(corrected["e_as_good"])) >= 20
        difference = bound_difference(seen, POLICY)["difference"]
        assert isinstance(difference, dict)
        assert float(str(difference["most"])) <= POLICY.margin + 1e-4
