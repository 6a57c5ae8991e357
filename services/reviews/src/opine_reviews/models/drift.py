"""What was measured of drift: `opine_reviews.drift` writes it."""

import datetime as dt

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base


class DriftMeasurement(Base):
    """One report, as `opine_reviews.schemas.drift` has it: counts, and words that many clients say."""

    __tablename__ = "drift_measurement"
    __table_args__ = (
        CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name="model_digest"),
        CheckConstraint("jsonb_typeof(report) = 'object' AND octet_length(report::text) <= 65536", name="report"),
    )

    # Where the time ends that is compared with the time before.
    until: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    # None where there was nothing to read.
    model_digest: Mapped[str | None] = mapped_column(Text)
    drifted: Mapped[bool]
    report: Mapped[dict[str, object]] = mapped_column(JSONB)
