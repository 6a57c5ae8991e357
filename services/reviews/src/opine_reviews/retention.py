"""Erasing what is kept of clients, and reviews read elsewhere, once they are old."""

import datetime as dt

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from opine_reviews.models import Review
from opine_reviews.scraped.models import ScrapedReview


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


def delete_scraped_reviews(session: Session, before: dt.datetime, limit: int) -> int:
    """Delete at most `limit` scraped reviews last read before then; the number deleted.

    A review that its source still shows comes back with the next crawl that meets it.
    """
    ids = select(ScrapedReview.id).where(ScrapedReview.read_at < before).limit(limit)
    statement = (
        delete(ScrapedReview)
        .where(ScrapedReview.id.in_(ids))
        .returning(ScrapedReview.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())
