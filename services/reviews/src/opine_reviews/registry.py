"""Model versions and the decisions about them, in PostgreSQL."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from opine_common.problems import Problem
from sqlalchemy import DateTime, Interval, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased, undefer_group

from opine_reviews import releases
from opine_reviews.errors import invalid_field
from opine_reviews.listing import CursorCodec, read_newest, read_page
from opine_reviews.models import (
    EventKind,
    FindingKind,
    ModelVersion,
    Release,
    ReleaseEvent,
    ReleaseFinding,
    ReleaseOutcome,
    Review,
)
from opine_reviews.releases import Plan, StepRefusedError, Transition

_OUTCOMES: Mapping[EventKind, ReleaseOutcome] = {"promote": "promoted", "rollback": "rolled_back"}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a version comes from, as far as its artefact does not say it."""

    parent_digest: str | None
    training_run: str | None
    code: str | None
    image: str | None
    registered_by: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Who decided, what for, and on which plan."""

    seen: int
    actor: str
    evidence: Mapping[str, object]


@dataclass(frozen=True)
class Proposals:
    """Reviews with a version's proposal, and those of them whose author chose other stars."""

    shown: int
    corrected: int


def register(session: Session, made: ModelVersion, origin: Origin) -> tuple[ModelVersion, bool]:
    """Keep a version; the same artefact twice is one version. Whether it is new.

    Raises:
        Problem: 409, the name and version belong to another artefact; 422, the parent is not registered.
    """
    if origin.parent_digest is not None and find_version(session, origin.parent_digest) is None:
        raise invalid_field("parent", "no version has this digest; register the parent first")
    fields = {column.key: getattr(made, column.key) for column in ModelVersion.__table__.columns}
    given = {name: value for name, value in (fields | vars(origin)).items() if value is not None}
    added = session.scalar(insert(ModelVersion).values(given).on_conflict_do_nothing().returning(ModelVersion.digest))
    found = find_version(session, made.digest)
    if found is None:
        raise Problem(
            409,
            f"Another artefact is {made.name} {made.version} already. Give this one a version of its own.",
            kind="version-taken",
        )
    return found, added is not None


def find_version(session: Session, digest: str) -> ModelVersion | None:
    """With its card and figures, without the artefact."""
    described = undefer_group("description")
    return session.scalar(select(ModelVersion).where(ModelVersion.digest == digest).options(described))


def read_packed(session: Session, digest: str) -> bytes | None:
    return session.scalar(select(ModelVersion.artefact).where(ModelVersion.digest == digest))


def list_versions(
    session: Session, codec: CursorCodec, *, limit: int, cursor: str | None
) -> tuple[list[ModelVersion], str | None]:
    """One page, last registered first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    query = json.dumps(["models"])
    statement = select(ModelVersion).order_by(ModelVersion.created_at.desc(), ModelVersion.digest)
    if cursor is not None:
        key, _ = codec.decode(query, cursor)
        created_at, digest = json.loads(str(key))
        moment = dt.datetime.fromisoformat(created_at)
        later = (ModelVersion.created_at == moment) & (ModelVersion.digest > digest)
        statement = statement.where((ModelVersion.created_at < moment) | later)
    rows, following = read_page(
        session,
        statement,
        limit,
        lambda row: codec.encode(query, json.dumps([row[0].created_at.isoformat(), row[0].digest]), 0),
    )
    return [version for (version,) in rows], following


def current_plan(session: Session) -> Plan:
    newest = session.scalar(select(ReleaseEvent).order_by(ReleaseEvent.revision.desc()).limit(1))
    if newest is None:
        return Plan()
    return Plan(
        revision=newest.revision,
        live=newest.live_digest,
        candidate=newest.candidate_digest,
        release=None if newest.candidate_digest is None else newest.release_id,
        stage=newest.stage,
        weight=newest.weight,
    )


def plan_age_s(session: Session, plan: Plan) -> float | None:
    """Seconds since the plan was decided; None where nothing was."""
    age = func.extract("epoch", func.clock_timestamp() - ReleaseEvent.created_at)
    found = session.scalar(select(age).where(ReleaseEvent.revision == plan.revision))
    return None if found is None else float(found)


def pin(session: Session, digest: str, decision: Decision) -> Plan:
    """Raises Problem: 409 for a stale revision or a step that the plan does not allow, 422 for an unknown version."""
    _require_version(session, "digest", digest)
    return _decide(session, "pin", partial(releases.pin, digest=digest), None, decision)


def start(session: Session, candidate: str, decision: Decision) -> Plan:
    """Raises Problem as `pin`."""
    _require_version(session, "candidate", candidate)
    plan = _seen(session, decision)
    _applied(partial(releases.start, candidate=candidate, release=0), plan)
    # Of two at once the second waits here for the first's commit, and is then refused.
    opened = session.scalar(
        insert(Release)
        .values(candidate_digest=candidate, baseline_digest=plan.live)
        .on_conflict_do_nothing()
        .returning(Release.id)
    )
    if opened is None:
        raise _stale(decision.seen)
    return _decide(session, "start", partial(releases.start, candidate=candidate, release=opened), opened, decision)


def step(session: Session, release: int, kind: EventKind, decision: Decision) -> Plan:
    """Advance, promote or roll back the open release.

    Raises:
        Problem: 404, there is no such release; 409, it has ended, the plan does not allow the step, or is another.
    """
    _require_open(session, release)
    transitions: dict[EventKind, Transition] = {
        "advance": releases.advance,
        "promote": releases.promote,
        "rollback": releases.roll_back,
    }
    plan = _decide(session, kind, transitions[kind], release, decision)
    if kind in _OUTCOMES:
        session.execute(
            update(Release).where(Release.id == release).values(ended_at=func.now(), outcome=_OUTCOMES[kind])
        )
    return plan


def note_finding(session: Session, release: int, kind: FindingKind, actor: str, evidence: Mapping[str, object]) -> None:
    """Keep what the open release was found to be like, in place of what was found before.

    Raises:
        Problem: 404, there is no such release; 409, it has ended.
    """
    _require_open(session, release)
    found = insert(ReleaseFinding).values(release_id=release, kind=kind, actor=actor, evidence=evidence)
    replaced = {"actor": actor, "evidence": evidence, "found_at": func.now()}
    session.execute(found.on_conflict_do_update(index_elements=["release_id", "kind"], set_=replaced))


def list_findings(session: Session, release: int) -> Sequence[ReleaseFinding]:
    """At most one of each kind, by their kinds."""
    found = select(ReleaseFinding).where(ReleaseFinding.release_id == release).order_by(ReleaseFinding.kind)
    return session.scalars(found).all()


def find_release(session: Session, release: int) -> Release:
    """Raises Problem: 404, there is no such release."""
    found = session.get(Release, release)
    if found is None:
        raise Problem(404, "There is no release with this id.")
    return found


def list_releases(
    session: Session, codec: CursorCodec, *, limit: int, cursor: str | None
) -> tuple[list[tuple[Release, ModelVersion, ModelVersion]], str | None]:
    """One page with candidate and baseline, last started first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    query = json.dumps(["releases"])
    baseline = aliased(ModelVersion)
    statement = (
        select(Release, ModelVersion, baseline)
        .join(ModelVersion, ModelVersion.digest == Release.candidate_digest)
        .join(baseline, baseline.digest == Release.baseline_digest)
    )
    rows, following = read_newest(session, statement, Release.id, codec=codec, query=query, limit=limit, cursor=cursor)
    return [(row[0], row[1], row[2]) for row in rows], following


def list_events(
    session: Session, codec: CursorCodec, *, release: int | None, limit: int, cursor: str | None
) -> tuple[list[ReleaseEvent], str | None]:
    """One page of decisions, last first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    query = json.dumps(["release-events", release])
    statement = select(ReleaseEvent)
    if release is not None:
        statement = statement.where(ReleaseEvent.release_id == release)
    rows, following = read_newest(
        session, statement, ReleaseEvent.revision, codec=codec, query=query, limit=limit, cursor=cursor
    )
    return [event for (event,) in rows], following


def count_proposals(session: Session, release: Release) -> tuple[Proposals, Proposals]:
    """Of the candidate and of the baseline, both from when people saw the candidate to the release's end."""
    began = session.scalar(
        select(func.min(ReleaseEvent.created_at)).where(
            ReleaseEvent.release_id == release.id, ReleaseEvent.stage == "canary"
        )
    )
    counted: dict[str, Proposals] = {}
    if began is not None:
        corrected = func.count().filter(Review.stars != Review.suggested_stars)
        statement = (
            select(Review.model_digest, func.count(), corrected)
            .where(Review.model_digest.in_([release.candidate_digest, release.baseline_digest]))
            .where(Review.demo.is_not(True))
            .where(Review.created_at >= began, Review.created_at <= func.coalesce(release.ended_at, func.now()))
            .group_by(Review.model_digest)
        )
        counted = {digest or "": Proposals(shown, wrong) for digest, shown, wrong in session.execute(statement)}
    none = Proposals(0, 0)
    return counted.get(release.candidate_digest, none), counted.get(release.baseline_digest, none)


def count_by_version(
    session: Session,
    digests: Sequence[str],
    *,
    since: dt.datetime,
    until: dt.datetime | None,
    bucket: dt.timedelta | None,
) -> tuple[dt.datetime, list[tuple[str, dt.datetime, Proposals]]]:
    """Reviews that kept a proposal of these versions, by the database's clock.

    Args:
        session: to read with.
        digests: of the versions.
        since: the first moment.
        until: the moment after the last one; now if None.
        bucket: how long a bucket is, the first of which begins at `since`; all of the time is one if None.

    Returns:
        The end of the time, and digest, begin and counts of each bucket that is not empty, in order of time.
    """
    end = session.scalars(select(func.now() if until is None else literal(until, DateTime(timezone=True)))).one()
    width = bucket or max(end - since, dt.timedelta(seconds=1))
    began = func.date_bin(literal(width, Interval()), Review.created_at, literal(since, DateTime(timezone=True)))
    corrected = func.count().filter(Review.stars != Review.suggested_stars)
    statement = (
        select(Review.model_digest, began, func.count(), corrected)
        .where(Review.model_digest.in_(digests), Review.created_at >= since, Review.created_at < end)
        .where(Review.demo.is_not(True))
        .group_by(Review.model_digest, began)
        .order_by(began, Review.model_digest)
    )
    rows = session.execute(statement)
    return end, [(digest or "", begin, Proposals(shown, wrong)) for digest, begin, shown, wrong in rows]


def _require_open(session: Session, release: int) -> None:
    outcome = find_release(session, release).outcome
    if outcome is not None:
        raise Problem(409, f"The release has ended: it was {outcome.replace('_', ' ')}.", kind="release-ended")


def _decide(session: Session, kind: EventKind, transition: Transition, release: int | None, decision: Decision) -> Plan:
    plan = _applied(transition, _seen(session, decision))
    added = session.scalar(
        insert(ReleaseEvent)
        .values(
            revision=plan.revision,
            kind=kind,
            release_id=release,
            live_digest=plan.live,
            candidate_digest=plan.candidate,
            stage=plan.stage,
            weight=plan.weight,
            actor=decision.actor,
            evidence=decision.evidence,
        )
        # Of two that decide on one plan the second waits here for the first's commit.
        .on_conflict_do_nothing()
        .returning(ReleaseEvent.revision)
    )
    if added is None:
        raise _stale(decision.seen)
    return plan


def _seen(session: Session, decision: Decision) -> Plan:
    plan = current_plan(session)
    if plan.revision != decision.seen:
        raise _stale(decision.seen)
    return plan


def _applied(transition: Transition, plan: Plan) -> Plan:
    try:
        return transition(plan)
    except StepRefusedError as error:
        raise Problem(409, f"{str(error).capitalize()}.", kind="step-refused") from None


def _stale(seen: int) -> Problem:
    return Problem(
        409,
        f"The plan is not at revision {seen} any more. Read GET /api/v1/release-plan, and decide again.",
        kind="stale-revision",
    )


def _require_version(session: Session, field: str, digest: str) -> None:
    if find_version(session, digest) is None:
        raise invalid_field(field, "no version has this digest; GET /api/v1/models lists them")
