"""What the learning loop keeps: how drift was measured, and which trainings were started and how they ended."""

import datetime as dt
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base, json_object

TrainingOutcome = Literal["registered", "refused", "failed"]


class DriftMeasurement(Base):
    """One report, as `opine_reviews.schemas.drift` has it: counts, and words that many clients say."""

    __tablename__ = "drift_measurement"
    __table_args__ = (
        CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name="model_digest"),
        json_object("report"),
    )

    # Where the time ends that is compared with the time before.
    until: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    # None where there was nothing to read.
    model_digest: Mapped[str | None] = mapped_column(Text)
    drifted: Mapped[bool]
    report: Mapped[dict[str, object]] = mapped_column(JSONB)


class TrainingRun(Base):
    """A version learns from what people wrote; at most one run is without an end."""

    __tablename__ = "training_run"
    __table_args__ = (
        CheckConstraint("length(actor) BETWEEN 1 AND 100", name="actor"),
        json_object("evidence"),
        json_object("result"),
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
