"""When a version learns, from what is known now. Pure: nothing is remembered between two looks."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from opine_learning.evidence import Counts


@dataclass(frozen=True, kw_only=True)
class TrainingPolicy:
    """When a version learns."""

    labels: int = 200
    """New reviews with a proposal, corrected or not."""
    drift_labels: int = 50
    """The same while the language drifts."""
    pause_s: float = 3600
    """After a training, however it ended."""
    limit_s: float = 7200
    """Of one training."""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What speaks for a training."""

    since: dt.datetime
    """When the last training began that came to an end by itself; earlier reviews have taught already."""
    proposals: Counts
    """Of reviews since then: corrected of all with a proposal."""
    idle_s: float | None
    """Since the last training ended, however it did; None without one."""
    drift: str | None = None
    """What has changed, in sentences; None while nothing has."""


def reason_to_train(signals: Signals, policy: TrainingPolicy) -> str | None:
    """Why a version should learn now; None where it should not."""
    new, corrected = signals.proposals.trials, signals.proposals.events
    if signals.idle_s is not None and signals.idle_s < policy.pause_s:
        return None
    if new >= policy.labels:
        return f"{new} new reviews with a proposal, {corrected} of them corrected"
    if signals.drift is not None and new >= policy.drift_labels:
        return f"{signals.drift} {new} new reviews with a proposal, {corrected} of them corrected"
    return None


def drift_reason(answer: Any, live: str, since: dt.datetime) -> str | None:  # noqa: ANN401  JSON
    """What the last nightly look says has changed, of the live version and since it learned; None where nothing has."""
    if answer is None or not answer["drifted"]:
        return None
    report = answer["report"]
    # A report of before a training speaks of what has been learned from.
    if report["model_digest"] != live or dt.datetime.fromisoformat(report["until"]) <= since:
        return None
    return " ".join(reason["said"] for reason in answer["reasons"])
