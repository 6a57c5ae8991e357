"""What is kept of people: what is stored of a client, and for how long that and scraped reviews are kept."""

import datetime as dt
import hmac

from opine_common.clients import network_of
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from opine_reviews.models import Review, ScrapedReview

# The first that occurs wins: most browsers also name the ones they descend from.
_FAMILIES = (
    ("bot", "Bot"),
    ("crawler", "Bot"),
    ("spider", "Bot"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrom", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)


def hash_client(key: bytes, day: dt.date, address: str) -> bytes:
    """HMAC of the address, or of its IPv6 network, under a key that is made anew from `key` each day: 32 bytes."""
    key_of_the_day = hmac.digest(key, day.isoformat().encode(), "sha256")
    return hmac.digest(key_of_the_day, network_of(address).encode(), "sha256")


def user_agent_family(user_agent: str) -> str:
    """The browser's or tool's name, from a fixed list; "Other" if it is none of them, "Unknown" if nothing was sent."""
    lowered = user_agent.lower()
    if not lowered.strip():
        return "Unknown"
    return next((family for mark, family in _FAMILIES if mark in lowered), "Other")


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
