"""What reviews say: `opine_reviews.reading` writes it."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import REAL, BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base, Slug

# Equal terms are the same characters, in whatever language.
TermText = Text(collation="C")


class ReviewReading(Base):
    """A review that was read for its terms, by which model; it may have none."""

    __tablename__ = "review_reading"
    __table_args__ = (
        CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name="model_digest"),
        Index("ix_review_reading_brand", "brand_slug", "written_on"),
    )

    review_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("review.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    brand_slug: Mapped[str] = mapped_column(Slug)
    # The day in UTC.
    written_on: Mapped[dt.date]
    model_digest: Mapped[str] = mapped_column(Text)
    read_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ReviewTerm(Base):
    """A word, or two, of those that speak most for or against the brand in one review; `pull` says how much."""

    __tablename__ = "review_term"
    __table_args__ = (
        CheckConstraint("length(term) BETWEEN 1 AND 60", name="term"),
        Index("ix_review_term_brand", "brand_slug", "term", "written_on", postgresql_include=["review_id"]),
    )

    review_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("review_reading.review_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    term: Mapped[str] = mapped_column(TermText, primary_key=True)
    brand_slug: Mapped[str] = mapped_column(Slug)
    written_on: Mapped[dt.date]
    pull: Mapped[float] = mapped_column(REAL)
    # The same client had said it of the brand that day, in another review: it counts once.
    repeated: Mapped[bool]


class BrandTerm(Base):
    """A term over all of a brand's reviews. Only the triggers on `review_term` write here."""

    __tablename__ = "brand_term"
    __table_args__ = (
        Index("ix_brand_term_pull", "brand_slug", "pull_sum", "term", postgresql_where=text("client_count > 1")),
    )

    brand_slug: Mapped[str] = mapped_column(Slug, primary_key=True)
    term: Mapped[str] = mapped_column(TermText, primary_key=True)
    review_count: Mapped[int] = mapped_column(BigInteger)
    # Those of them that are not repeated, and the sum of their pulls.
    client_count: Mapped[int] = mapped_column(BigInteger)
    pull_sum: Mapped[Decimal]
