"""Erasing what is kept of clients once it is old."""

import datetime as dt

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from opine_reviews.models import Review


def forget_clients(session: Session, before: dt.datetime, limit: int) -> int:
    """Erase client hash and user agent of at most `limit` reviews older than `before`; the number erased."""
    kept = or_(Review.client_hash.is_not(None), Review.user_agent_family.is_not(None))
    ids = select(Review.id).where(Review.created_at < before, kept).limit(limit)
    statement = (
        update(Review)
        .where(Review.id.in_(ids))
        .values(client_hash=None, user_agent_family=None)
        .returning(Review.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())
