"""What is read elsewhere: the scraping writes it under a role of its own (`opine_reviews.roles`)."""

import datetime as dt
from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from opine_reviews.models.base import Base, Slug, json_object

RunKind = Literal["discover", "crawl"]
RunOutcome = Literal["completed", "blocked", "failed", "interrupted"]

_SOURCE = "source ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(source) <= 50"
_WEB_ADDRESS = "source_url ~ '^https?://'"


class BrandSource(Base):
    """A company of a source and the brand that it is; one brand may be several.

    None yet, while neither its website nor a review of it was read: the website tells which brand it is.
    """

    __tablename__ = "brand_source"
    __table_args__ = (
        CheckConstraint(_SOURCE, name="source"),
        CheckConstraint("length(company) BETWEEN 1 AND 300", name="company"),
        CheckConstraint("length(name) BETWEEN 1 AND 300", name="name"),
        CheckConstraint(_WEB_ADDRESS, name="source_url"),
        Index("ix_brand_source_brand", "brand_slug", "source"),
    )

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    company: Mapped[str] = mapped_column(Text, primary_key=True)
    brand_slug: Mapped[str | None] = mapped_column(Slug, ForeignKey("brand.slug"))
    name: Mapped[str] = mapped_column(Text)
    website: Mapped[str | None] = mapped_column(Text)
    logo: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    read_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    parser: Mapped[str] = mapped_column(Text)


class ScrapedReview(Base):
    """A review as its source showed it when it was last read; an empty text is a review of a title and stars."""

    __tablename__ = "scraped_review"
    __table_args__ = (
        CheckConstraint(_SOURCE, name="source"),
        CheckConstraint("length(source_review_id) BETWEEN 1 AND 300", name="source_review_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint(_WEB_ADDRESS, name="source_url"),
        UniqueConstraint("source", "source_review_id"),
        # The one order of the list, for each filter that a page of it may start from.
        Index("ix_scraped_review_reviewed_at", "reviewed_at", "id"),
        Index("ix_scraped_review_stars", "stars", "reviewed_at", "id"),
        Index("ix_scraped_review_source", "source", "reviewed_at", "id"),
        Index("ix_scraped_review_brand", "brand_slug", "reviewed_at", "id"),
        Index("ix_scraped_review_brand_stars", "brand_slug", "stars", "reviewed_at", "id"),
        Index("ix_scraped_review_read_at", "read_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_slug: Mapped[str] = mapped_column(Slug, ForeignKey("brand.slug"))
    source: Mapped[str] = mapped_column(Text)
    source_review_id: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    stars: Mapped[int] = mapped_column(SmallInteger)
    reviewed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    language: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    verified: Mapped[bool | None]
    reply: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text)
    read_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    parser: Mapped[str] = mapped_column(Text)


class ScrapedCount(Base):
    """How many reviews of one brand a source gave, by stars. Only the triggers on `scraped_review` write here."""

    __tablename__ = "scraped_count"

    brand_slug: Mapped[str] = mapped_column(Slug, ForeignKey("brand.slug"), primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    stars_1: Mapped[int] = mapped_column(BigInteger)
    stars_2: Mapped[int] = mapped_column(BigInteger)
    stars_3: Mapped[int] = mapped_column(BigInteger)
    stars_4: Mapped[int] = mapped_column(BigInteger)
    stars_5: Mapped[int] = mapped_column(BigInteger)


class ScrapeRun(Base):
    """One run of the scraping; without an end while it runs, and after it was killed until the next one notices."""

    __tablename__ = "scrape_run"
    __table_args__ = (
        CheckConstraint("length(run_id) BETWEEN 1 AND 100", name="run_id"),
        CheckConstraint("kind IN ('discover', 'crawl')", name="kind"),
        CheckConstraint("outcome IN ('completed', 'blocked', 'failed', 'interrupted')", name="outcome"),
        CheckConstraint("num_nulls(ended_at, outcome) IN (0, 2)", name="end"),
        json_object("rejected", 16_384),
        CheckConstraint("jsonb_typeof(errors) = 'array' AND octet_length(errors::text) <= 65536", name="errors"),
        Index("ix_scrape_run_kind", "kind", "outcome", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[RunKind] = mapped_column(Text)
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[RunOutcome | None] = mapped_column(Text)
    exit_code: Mapped[int | None]
    pages: Mapped[int] = mapped_column(BigInteger, server_default="0")
    items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    new_items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    changed_items: Mapped[int] = mapped_column(BigInteger, server_default="0")
    duplicates: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rejected: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    errors: Mapped[list[object]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
