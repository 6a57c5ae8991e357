"""Whether a version learns now: decided by what people wrote since the last time, one training at a time.

Like the judge it remembers nothing. The registry has each training with its reason and its end, and refuses a second
one beside it. A look that was killed has written it down or not; the next one starts what is written and not running.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from opine_learning.evidence import Counts
from opine_learning.services import Registry, Sentiment, StaleError
from opine_learning.steps import Decision, Tell
from opine_learning.training_policy import Signals, TrainingPolicy, drift_reason, reason_to_train

logger = logging.getLogger("opine.learning")

_EVER = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
_MOST_VERSIONS = 10


@dataclass(frozen=True)
class State:
    """How a training is doing, as far as whoever runs it can tell."""

    kind: Literal["missing", "running", "ended", "failed"]
    reason: str = ""


class LauncherError(Exception):
    """A training could not be started or looked at; the message says why."""


class Launcher(Protocol):
    """Runs trainings: processes of this machine, or Jobs of a cluster."""

    def obstacle(self) -> str | None:
        """Why no training can be started here; None where one can."""
        ...

    def start(self, run: int) -> None:
        """Start it, or leave it be if it runs already."""
        ...

    def state(self, run: int) -> State: ...

    def stop(self, run: int) -> None:
        """End it, if it runs."""
        ...

    def close(self) -> None:
        """Leave nothing behind that would outlive this process."""
        ...


class Trainings:
    """What a look decides about them."""

    def __init__(
        self, registry: Registry, sentiment: Sentiment, launcher: Launcher, policy: TrainingPolicy, tell: Tell
    ) -> None:
        self._registry, self._sentiment, self._launcher = registry, sentiment, launcher
        self._policy, self._tell = policy, tell
        self._said: str | None = None

    def look(self) -> Decision | None:
        """What is decided; None where all stays as it is, or somebody else was first.

        Raises:
            ServiceError: a service did not answer; the next look will do.
            LauncherError: a training could not be started or looked at; the next look will do.
        """
        plan = self._registry.plan()
        if plan["live"] is None:
            return None
        try:
            decision = self._decide(plan, self._registry.trainings())
        except StaleError as error:
            logger.info("somebody else has decided", extra={"answer": str(error)})
            return None
        if decision is not None:
            logger.info("decided", extra={"step": decision.step, "reason": decision.reason})
            self._tell(decision)
        return decision

    def _decide(self, plan: Any, runs: list[Any]) -> Decision | None:  # noqa: ANN401  JSON
        live = plan["live"]["digest"]
        if runs and runs[0]["ended_at"] is None:
            return self._follow(runs[0], live)
        # One thing at a time: a release may change what a training would start from.
        if plan["release"] is not None:
            return None
        return self._release(plan, runs) or self._begin(live, runs)

    def _follow(self, run: Any, live: str) -> Decision | None:  # noqa: ANN401  JSON
        # Asked for its clock: this process's own may differ from that of the training's begin.
        now, _ = self._registry.proposals([live], _time(run["started_at"]))
        if (now - _time(run["started_at"])).total_seconds() > self._policy.limit_s:
            self._launcher.stop(run["id"])
            return self._give_up(run, f"it took more than {self._policy.limit_s:g} s")
        state = self._launcher.state(run["id"])
        match state.kind:
            case "missing":
                self._launcher.start(run["id"])
                logger.info("a training that was not running is started", extra={"training": run["id"]})
            case "failed":
                return self._give_up(run, state.reason)
            case "ended" if self._registry.trainings()[0]["ended_at"] is None:
                return self._give_up(run, "it ended and did not say how")
        return None

    def _give_up(self, run: Any, reason: str) -> Decision:  # noqa: ANN401  JSON
        self._registry.end_training(run["id"], "failed", {"reason": reason})
        return Decision("training_failed", f"training {run['id']} is given up: {reason}", None)

    def _release(self, plan: Any, runs: list[Any]) -> Decision | None:  # noqa: ANN401  JSON
        """Let the version that the last training has made out of the live one meet people."""
        if not runs or runs[0]["outcome"] != "registered" or runs[0]["parent_digest"] != plan["live"]["digest"]:
            return None
        candidate = runs[0]["version_digest"]
        # Once: what people have taken back stays back.
        if any(release["candidate"]["digest"] == candidate for release in self._registry.releases()):
            return None
        reason = f"training {runs[0]['id']} made a version that passed the gate: {runs[0]['result'].get('reason', '')}"
        evidence = {"reason": reason, "training": runs[0]["id"]}
        started = self._registry.decide("/releases", plan["revision"], candidate=candidate, evidence=evidence)
        return Decision("start", reason, started)

    def _begin(self, live: str, runs: list[Any]) -> Decision | None:
        signals = read_signals(self._registry, live, runs)
        reason = reason_to_train(signals, self._policy)
        if reason is None:
            return None
        obstacle = self._obstacle()
        if obstacle is not None:
            # Once, and not at every look.
            if obstacle != self._said:
                logger.warning("no training", extra={"reason": obstacle, "wanted": reason})
            self._said = obstacle
            return None
        evidence = {
            "reason": reason,
            "new": signals.proposals.trials,
            "corrected": signals.proposals.events,
            "since": signals.since.isoformat(),
        }
        run = self._registry.start_training(live, evidence)
        # A kill between these two is mended by the next look, which finds it written down and not running.
        self._launcher.start(run)
        return Decision("train", f"training {run} begins: {reason}", None)

    def _obstacle(self) -> str | None:
        if any(report.models["source"] == "image" for report in self._sentiment.reports()):
            return "the deployment pins a version, which no release could replace"
        return self._launcher.obstacle()


def read_signals(registry: Registry, live: str, runs: list[Any]) -> Signals:
    """What has happened since the last training, by the database's clock."""
    taught = [run for run in runs if run["outcome"] in {"registered", "refused"}]
    since = _time(taught[0]["started_at"]) if taught else _EVER
    digests = list(dict.fromkeys([live, *registry.versions()]))[:_MOST_VERSIONS]
    now, counts = registry.proposals(digests, since)
    events, trials = (sum(getattr(each, what) for each in counts.values()) for what in ("events", "trials"))
    ended = [_time(run["ended_at"]) for run in runs if run["ended_at"] is not None]
    return Signals(
        since=since,
        proposals=Counts(events, trials),
        idle_s=(now - max(ended)).total_seconds() if ended else None,
        drift=drift_reason(registry.drift(), live, since),
    )


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
