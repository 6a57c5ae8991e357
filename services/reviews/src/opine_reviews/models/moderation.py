"""What limits clients, and what admins do about reviews and brands."""

import datetime as dt
from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base, Slug

ModerationAction = Literal["approve", "hide", "restore", "dismiss", "delete"]
ModeratedKind = Literal["review", "brand"]


class RateLimit(Base):
    """How often the client whose hash is in the key did something, until the window ends."""

    __tablename__ = "rate_limit"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class EndedSession(Base):
    """An admin's session that was logged out: its cookie is worth nothing any more, wherever it was copied to."""

    __tablename__ = "ended_session"
    __table_args__ = (CheckConstraint("length(session_id) BETWEEN 16 AND 64", name="session_id"),)

    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    # When the cookie is too old anyway.
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class Report(Base):
    """Somebody finds a review wrong; one a client and day."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("length(reason) <= 500", name="reason"),
        UniqueConstraint("review_id", "client_hash"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # No foreign key: one that was reported while it was deleted is looked for in vain, which harms nobody.
    review_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    client_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class HiddenReview(Base):
    """A review that an admin hid: its row without what was kept of its author, to be restored or deleted."""

    __tablename__ = "hidden_review"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    brand_slug: Mapped[str] = mapped_column(Slug, ForeignKey("brand.slug"))
    text: Mapped[str] = mapped_column(Text)
    stars: Mapped[int] = mapped_column(SmallInteger)
    idempotency_key: Mapped[str | None] = mapped_column(Text, unique=True)
    kept: Mapped[dict[str, object]] = mapped_column(JSONB)
    hidden_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ModerationEvent(Base):
    """Who did what to which review or brand, and when. Rows are added and never changed."""

    __tablename__ = "moderation_event"
    __table_args__ = (
        CheckConstraint("action IN ('approve', 'hide', 'restore', 'dismiss', 'delete')", name="action"),
        CheckConstraint("kind IN ('review', 'brand')", name="kind"),
        CheckConstraint("length(actor) BETWEEN 1 AND 100", name="actor"),
        CheckConstraint("length(reason) <= 500", name="reason"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    action: Mapped[ModerationAction] = mapped_column(Text)
    kind: Mapped[ModeratedKind] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
