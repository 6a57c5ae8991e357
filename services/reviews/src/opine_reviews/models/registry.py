"""Which model answers: `opine_reviews.releases` decides, the sentiment service follows."""

import datetime as dt
from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base, json_object

Stage = Literal["shadow", "canary"]
ReleaseOutcome = Literal["promoted", "rolled_back"]
FindingKind = Literal["judgement", "rescoring"]
EventKind = Literal["pin", "start", "advance", "promote", "rollback"]

_PLAIN = "~ '^[A-Za-z0-9][A-Za-z0-9._+-]*$'"


class ModelVersion(Base):
    """An artefact as one file, and where it comes from."""

    __tablename__ = "model_version"
    __table_args__ = (
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint(f"name {_PLAIN} AND length(name) <= 64", name="name"),
        CheckConstraint(f"version {_PLAIN} AND length(version) <= 64", name="version"),
        CheckConstraint("octet_length(artefact) = artefact_bytes", name="artefact"),
        CheckConstraint("length(registered_by) BETWEEN 1 AND 100", name="registered_by"),
        UniqueConstraint("name", "version"),
    )

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    parent_digest: Mapped[str | None] = mapped_column(Text, ForeignKey("model_version.digest"))
    artefact: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    artefact_bytes: Mapped[int] = mapped_column(BigInteger)
    card: Mapped[str] = mapped_column(Text, deferred=True, deferred_group="description")
    metrics: Mapped[dict[str, object]] = mapped_column(JSONB, deferred=True, deferred_group="description")
    training: Mapped[dict[str, object]] = mapped_column(JSONB, deferred=True, deferred_group="description")
    # Of the rows that it learned from.
    data_fingerprint: Mapped[str | None] = mapped_column(Text)
    training_run: Mapped[str | None] = mapped_column(Text)
    # Revision of the code, and the container image, that trained it.
    code: Mapped[str | None] = mapped_column(Text)
    image: Mapped[str | None] = mapped_column(Text)
    registered_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Release(Base):
    """A candidate on its way to be the live version; at most one is without an end."""

    __tablename__ = "release"
    __table_args__ = (
        CheckConstraint("candidate_digest <> baseline_digest", name="candidate"),
        CheckConstraint("outcome IN ('promoted', 'rolled_back')", name="outcome"),
        CheckConstraint("num_nulls(ended_at, outcome) IN (0, 2)", name="end"),
        Index("ix_release_open", text("(ended_at IS NULL)"), unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    candidate_digest: Mapped[str] = mapped_column(Text, ForeignKey("model_version.digest"))
    # The live version when it began, which a rollback leaves live.
    baseline_digest: Mapped[str] = mapped_column(Text, ForeignKey("model_version.digest"))
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[ReleaseOutcome | None] = mapped_column(Text)


class ReleaseEvent(Base):
    """A decision and the plan that it made; the newest one is in force. Rows are added and never changed."""

    __tablename__ = "release_event"
    __table_args__ = (
        CheckConstraint("revision > 0", name="revision"),
        CheckConstraint("kind IN ('pin', 'start', 'advance', 'promote', 'rollback')", name="kind"),
        CheckConstraint("(kind = 'pin') = (release_id IS NULL)", name="release"),
        CheckConstraint("stage IN ('shadow', 'canary')", name="stage"),
        CheckConstraint("num_nulls(candidate_digest, stage) IN (0, 2)", name="candidate"),
        CheckConstraint("weight BETWEEN 0 AND 100 AND (weight > 0) = coalesce(stage = 'canary', false)", name="weight"),
        CheckConstraint("length(actor) BETWEEN 1 AND 100", name="actor"),
        json_object("evidence"),
        Index("ix_release_event_release", "release_id", "revision"),
    )

    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[EventKind] = mapped_column(Text)
    release_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("release.id"))
    live_digest: Mapped[str] = mapped_column(Text, ForeignKey("model_version.digest"))
    candidate_digest: Mapped[str | None] = mapped_column(Text, ForeignKey("model_version.digest"))
    stage: Mapped[Stage | None] = mapped_column(Text)
    # Percent of the sessions that see the candidate.
    weight: Mapped[int] = mapped_column(SmallInteger)
    actor: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ReleaseFinding(Base):
    """What a release was last found to be like, which decided nothing: a look of the judge's, or the past rescored."""

    __tablename__ = "release_finding"
    __table_args__ = (
        CheckConstraint("kind IN ('judgement', 'rescoring')", name="kind"),
        CheckConstraint("length(actor) BETWEEN 1 AND 100", name="actor"),
        json_object("evidence"),
    )

    release_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("release.id"), primary_key=True)
    kind: Mapped[FindingKind] = mapped_column(Text, primary_key=True)
    actor: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    found_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
