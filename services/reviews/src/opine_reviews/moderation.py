"""What an admin does with reviews and brands that should not be seen, and the history of it."""

import datetime as dt

from opine_common.problems import Problem
from sqlalchemy import Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import Session

from opine_reviews.models import (
    Brand,
    BrandMonth,
    EndedSession,
    HiddenReview,
    ModeratedKind,
    ModerationAction,
    ModerationEvent,
    RateLimit,
    Report,
    Review,
)

_REASONS_SHOWN = 10

# A hidden review leaves the table of reviews, and with it every list, count, export and the view for training; the
# triggers that count see a deletion. What is kept of its author stays behind.
_HIDE = text(
    "WITH gone AS (DELETE FROM review WHERE id = :id RETURNING *) "
    "INSERT INTO hidden_review (id, brand_slug, text, stars, idempotency_key, kept) "
    "SELECT id, brand_slug, text, stars, idempotency_key, to_jsonb(gone) - 'client_hash' - 'user_agent_family' "
    "FROM gone RETURNING id"
)
_RESTORE = text(
    "WITH back AS (DELETE FROM hidden_review WHERE id = :id RETURNING kept) "
    "INSERT INTO review OVERRIDING SYSTEM VALUE "
    "SELECT (jsonb_populate_record(NULL::review, kept)).* FROM back RETURNING id"
)


def report(session: Session, review_id: int, reason: str, client_hash: bytes) -> bool:
    """Note that a client finds a review wrong, once; False if there is no such review."""
    if session.scalar(select(Review.id).where(Review.id == review_id)) is None:
        return False
    statement = insert(Report).values(review_id=review_id, reason=reason, client_hash=client_hash)
    session.execute(statement.on_conflict_do_nothing())
    return True


def act(
    session: Session, action: ModerationAction, kind: ModeratedKind, target: str, *, actor: str, reason: str
) -> None:
    """Do it and write it down.

    Raises:
        Problem: 404 where there is nothing to do it to, 409 where it may not be done.
    """
    done = _act_on_brand(session, action, target) if kind == "brand" else _act_on_review(session, action, int(target))
    if not done:
        raise Problem(404, f"There is no {kind} {target} to {action}.")
    session.add(ModerationEvent(action=action, kind=kind, target=target, actor=actor, reason=reason))


def _act_on_review(session: Session, action: ModerationAction, review_id: int) -> bool:
    match action:
        case "hide":
            done = session.scalar(_HIDE, {"id": review_id}) is not None
        case "restore":
            done = session.scalar(_RESTORE, {"id": review_id}) is not None
        case "delete":
            shown = session.scalar(delete(Review).where(Review.id == review_id).returning(Review.id))
            hidden = session.scalar(delete(HiddenReview).where(HiddenReview.id == review_id).returning(HiddenReview.id))
            done = shown is not None or hidden is not None
        case _:
            done = session.scalar(select(func.count()).where(Report.review_id == review_id)) != 0
    session.execute(delete(Report).where(Report.review_id == review_id))
    return done


def _act_on_brand(session: Session, action: ModerationAction, slug: str) -> bool:
    if action == "delete":
        return _delete_brand(session, slug)
    listed = action in {"approve", "restore"}
    changed = update(Brand).where(Brand.slug == slug, Brand.listed != listed).values(listed=listed).returning(Brand.id)
    return session.scalar(changed) is not None


def _delete_brand(session: Session, slug: str) -> bool:
    brand = session.scalar(select(Brand).where(Brand.slug == slug))
    if brand is None:
        return False
    if brand.origin != "route_of_2019":
        raise Problem(409, "Only a brand that came by the route of 2019 can be deleted. Hide this one instead.")
    session.execute(delete(Review).where(Review.brand_slug == slug))
    session.execute(delete(HiddenReview).where(HiddenReview.brand_slug == slug))
    session.execute(delete(BrandMonth).where(BrandMonth.brand_slug == slug))
    session.execute(delete(Brand).where(Brand.slug == slug))
    return True


def reported(session: Session, most: int) -> list[tuple[Review, int, list[str]]]:
    """Reviews by their number of reports, with the latest reasons."""
    count = func.count(Report.id)
    latest = func.array_agg(aggregate_order_by(Report.reason, Report.id.desc()), type_=ARRAY(Text))
    reasons = latest.filter(Report.reason != "")
    statement = (
        select(Review, count, reasons[1:_REASONS_SHOWN])
        .join(Report, Report.review_id == Review.id)
        .group_by(Review.id)
        .order_by(count.desc(), Review.id.desc())
        .limit(most)
    )
    return [(review, number, given or []) for review, number, given in session.execute(statement)]


def hidden(session: Session, most: int) -> list[HiddenReview]:
    return list(session.scalars(select(HiddenReview).order_by(HiddenReview.hidden_at.desc()).limit(most)))


def unlisted(session: Session, most: int) -> list[Brand]:
    return list(session.scalars(select(Brand).where(~Brand.listed).order_by(Brand.id.desc()).limit(most)))


def history(session: Session, most: int) -> list[ModerationEvent]:
    return list(session.scalars(select(ModerationEvent).order_by(ModerationEvent.id.desc()).limit(most)))


def forget(session: Session, before: dt.datetime, now: dt.datetime) -> None:
    """Delete counters and ended sessions that are over, and erase the clients of reports older than `before`."""
    session.execute(delete(RateLimit).where(RateLimit.expires_at < now))
    session.execute(delete(EndedSession).where(EndedSession.expires_at < now))
    session.execute(update(Report).where(Report.created_at < before).values(client_hash=None))
