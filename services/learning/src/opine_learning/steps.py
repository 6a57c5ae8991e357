"""One look at the open release: read, judge, decide, tell. Safe to repeat, to kill anywhere and to run twice at once.

What is decided follows from what the services report, and the registry takes a decision only on the plan that it was
made on: of two judges one decides, and one that was killed has decided or not.
"""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from opine_learning.evidence import Counts, Stratum
from opine_learning.judge import Observation, Policy, Stage, bound_difference, decide
from opine_learning.services import Registry, Report, Sentiment, StaleError

logger = logging.getLogger("opine.learning")

_BEFORE = dt.timedelta(days=28)
"""How far back the rate of corrections is looked up that the judge expects."""


@dataclass(frozen=True)
class Decision:
    """A step that was taken, for those who tell others."""

    step: str
    reason: str
    plan: Any  # JSON; None of a decision about a training


Tell = Callable[[Decision], None]


def take_step(registry: Registry, sentiment: Sentiment, policy: Policy, tell: Tell) -> Decision | None:
    """What this look has decided; None where all stays as it is, or somebody else was first.

    Raises:
        ServiceError: a service did not answer; the next look will do.
    """
    plan = registry.plan()
    reports = sentiment.reports()
    try:
        if any(report.models["source"] == "image" for report in reports):
            decision = None
            _watch(registry, sentiment, reports, plan)
        elif plan["live"] is None:
            decision = _begin(registry, sentiment, reports, plan)
        elif plan["release"] is not None:
            decision = _go_on(registry, reports, plan, policy)
        else:
            decision = None
    except StaleError as error:
        logger.info("somebody else has decided", extra={"revision": plan["revision"], "answer": str(error)})
        return None
    if decision is not None:
        logger.info("decided", extra={"step": decision.step, "reason": decision.reason, "plan": decision.plan})
        tell(decision)
    return decision


def _watch(registry: Registry, sentiment: Sentiment, reports: list[Report], plan: Any) -> None:  # noqa: ANN401  JSON
    """The deployment pins a version: decide nothing, but let the registry know it, so that reviews can be explained."""
    for digest in {report.models["live"]["digest"] for report in reports if report.models["source"] == "image"}:
        if not registry.has(digest):
            registry.register(sentiment.own_artefact(digest))
            logger.info("the version that the deployment pins is registered", extra={"model_digest": digest})
    if plan["release"] is not None:
        reason = "the deployment pins a version, so that nobody sees the candidate: roll the release back, or pin none"
        logger.warning("held", extra={"release": plan["release"], "reason": reason})


def _begin(registry: Registry, sentiment: Sentiment, reports: list[Report], plan: Any) -> Decision | None:  # noqa: ANN401  JSON
    """Make the shipped model the registry's first version."""
    digests = {report.models["live"]["digest"] for report in reports}
    sources = {report.models["source"] for report in reports}
    if sources != {"shipped"} or len(digests) != 1:
        # In the middle of a rollout of another image; or a service remembers a version of another registry.
        logger.warning(
            "there is no first version: the sentiment services do not agree", extra={"digests": sorted(digests)}
        )
        return None
    (digest,) = digests
    registry.register(sentiment.own_artefact(digest))
    reason = "the shipped model is the first version"
    pinned = registry.decide("/release-plan/pin", plan["revision"], digest=digest, evidence={"reason": reason})
    return Decision("pin", reason, pinned)


def _go_on(registry: Registry, reports: list[Report], plan: Any, policy: Policy) -> Decision | None:  # noqa: ANN401
    seen = observe(registry, reports, plan)
    verdict = decide(seen, policy)
    evidence = {"reason": verdict.reason, **verdict.evidence, **bound_difference(seen, policy)}
    if verdict.step == "hold":
        logger.info("held", extra={"release": plan["release"], **evidence})
        return None
    path = f"/releases/{plan['release']}/{verdict.step}"
    return Decision(verdict.step, verdict.reason, registry.decide(path, plan["revision"], evidence=evidence))


def observe(registry: Registry, reports: list[Report], plan: Any) -> Observation:  # noqa: ANN401  JSON
    """The open release, with all times by the database's clock."""
    candidate, live = plan["candidate"]["digest"], plan["live"]["digest"]
    begins = [
        (int(event["weight"]), dt.datetime.fromisoformat(event["created_at"]))
        for event in reversed(registry.events(plan["release"]))
        # Somebody may decide between the two questions: the history is cut where the plan was read.
        if event["revision"] <= plan["revision"]
    ]
    seen = [begin for begin in begins if begin[0]]
    stages: list[Stage] = []
    before = Counts(0, 0)
    # Asked for its clock alone: with this process's own, two judges whose clocks differ would count different reviews.
    now, _ = registry.proposals([live], begins[-1][1])
    for (weight, since), (_, until) in pairwise([*seen, (0, now)]):
        _, counts = registry.proposals([candidate, live], since, until)
        stages.append(Stage(weight=weight, proposals=Stratum(counts[candidate], counts[live])))
    # Chosen before the first review of the release, as a prior must be.
    if seen:
        first = seen[0][1]
        before = registry.proposals([live], first - _BEFORE, first)[1][live]
    refusals = [refusal for report in reports if (refusal := report.refusal(candidate)) is not None]
    return Observation(
        weight=plan["weight"],
        stage_s=(now - begins[-1][1]).total_seconds(),
        refusals=refusals,
        loaded=any(report.has(candidate) for report in reports),
        shadow=_add_shadows(reports, plan["candidate"]["version"]),
        before=before,
        stages=stages,
        failed=_add([report.requests(plan["release"], "failed") for report in reports]),
        slow=_add([report.requests(plan["release"], "slow") for report in reports]),
    )


def _add_shadows(reports: list[Report], version: str) -> dict[str, Counts]:
    found = [report.shadow_flips(version) for report in reports]
    return {what: _sum([flips[what] for flips in found]) for what in ("label", "stars")}


def _add(strata: list[Stratum]) -> Stratum:
    return Stratum(_sum([one.candidate for one in strata]), _sum([one.baseline for one in strata]))


def _sum(counts: list[Counts]) -> Counts:
    return Counts(sum(one.events for one in counts), sum(one.trials for one in counts))
