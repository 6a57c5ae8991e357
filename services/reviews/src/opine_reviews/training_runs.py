"""Which training is on, why it was started, and how it ended."""

from collections.abc import Mapping
from typing import Any

from opine_common.problems import Problem
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from opine_reviews.errors import invalid_field
from opine_reviews.listing import CursorCodec, read_newest
from opine_reviews.models import TrainingOutcome, TrainingRun
from opine_reviews.registry import find_version


def list_runs(
    session: Session, codec: CursorCodec, *, limit: int, cursor: str | None
) -> tuple[list[TrainingRun], str | None]:
    """One page, last started first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    rows, following = read_newest(
        session, select(TrainingRun), TrainingRun.id, codec=codec, query='["training-runs"]', limit=limit, cursor=cursor
    )
    return [run for (run,) in rows], following


def start_run(session: Session, parent: str, actor: str, evidence: Mapping[str, object]) -> TrainingRun:
    """Raises Problem: 409, one is on already; 422, no version has this digest."""
    if find_version(session, parent) is None:
        raise invalid_field("parent", "no version has this digest; GET /api/v1/models lists them")
    # Of two at once the second waits here for the first's commit.
    started: TrainingRun | None = session.scalar(
        insert(TrainingRun)
        .values(parent_digest=parent, actor=actor, evidence=dict(evidence))
        .on_conflict_do_nothing()
        .returning(TrainingRun)
    )
    if started is None:
        raise Problem(409, "A training is on already. GET /api/v1/training-runs shows it.", kind="training-open")
    return started


def end_run(
    session: Session, run: int, outcome: TrainingOutcome, version: str | None, result: Mapping[str, Any]
) -> TrainingRun:
    """Raises Problem: 404, there is no such run; 409, it has ended; 422, the version does not go with the outcome."""
    if (outcome == "registered") != (version is not None):
        raise invalid_field("version", "is the version of a training that registered one, and of no other")
    if version is not None and find_version(session, version) is None:
        raise invalid_field("version", "no version has this digest; register it first")
    ended: TrainingRun | None = session.scalar(
        update(TrainingRun)
        .where(TrainingRun.id == run, TrainingRun.ended_at.is_(None))
        .values(ended_at=func.now(), outcome=outcome, version_digest=version, result=dict(result))
        .returning(TrainingRun)
    )
    if ended is not None:
        return ended
    found = session.get(TrainingRun, run)
    if found is None:
        raise Problem(404, "There is no training with this id.")
    raise Problem(409, f"The training has ended: it was {found.outcome}.", kind="training-ended")
