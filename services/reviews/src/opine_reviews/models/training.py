"""Trainings that the learning service has started."""

import datetime as dt
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base

TrainingOutcome = Literal["registered", "refused", "failed"]

_OBJECT = "jsonb_typeof({0}) = 'object' AND octet_length({0}::text) <= 65536"


class TrainingRun(Base):
    """A version learns from what people wrote; at most one run is without an end."""

    __tablename__ = "training_run"
    __table_args__ = (
        CheckConstraint("length(actor) BETWEEN 1 AND 100", name="actor"),
        CheckConstraint(_OBJECT.format("evidence"), name="evidence"),
        CheckConstraint(_OBJECT.format("result"), name="result"),
        CheckConstraint("outcome IN ('registered', 'refused', 'failed')", name="outcome"),
        CheckConstraint("num_nulls(ended_at, outcome, result) IN (0, 3)", name="end"),
        CheckConstraint("coalesce(outcome = 'registered', false) = (version_digest IS NOT NULL)", name="version"),
        Index(
            "ix_training_run_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    parent_digest: Mapped[str] = mapped_column(Text, ForeignKey("model_version.digest"))
    actor: Mapped[str] = mapped_column(Text)
    # Why it was started.
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[TrainingOutcome | None] = mapped_column(Text)
    version_digest: Mapped[str | None] = mapped_column(Text, ForeignKey("model_version.digest"))
    result: Mapped[dict[str, object] | None] = mapped_column(JSONB)
