"""Brands and the reviews that are written here, with their counts."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from opine_common.prediction import Label
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opine_reviews.models.base import Base, Slug

Origin = Literal["list", "route_of_2019", "scraped"]

# As PostgreSQL writes it back, so that it can be compared with the migrations'.
_DOMAIN = (
    "CASE WHEN website ~ '^https?://[^/?#]+/?$'::text THEN lower(regexp_replace("
    "website, '^https?://(www\\.)?([^/?#:]+).*$'::text, '\\2'::text, 'i'::text)) ELSE NULL::text END"
)


class Brand(Base):
    __tablename__ = "brand"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100", name="slug"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("website ~ '^https?://' AND length(website) <= 300", name="website"),
        CheckConstraint("length(sector) BETWEEN 1 AND 100", name="sector"),
        CheckConstraint("origin IN ('list', 'route_of_2019', 'scraped')", name="origin"),
        Index("ix_brand_name", text("lower(name)"), "id"),
        Index("ix_brand_domain", "domain", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(Slug, unique=True)
    name: Mapped[str] = mapped_column(Text)
    website: Mapped[str | None] = mapped_column(Text)
    sector: Mapped[str | None] = mapped_column(Text)
    # What brought the brand here; the list, as soon as it names it.
    origin: Mapped[Origin] = mapped_column(Text, server_default="list")
    # False: to be approved, or hidden. Neither it nor its reviews are shown.
    listed: Mapped[bool] = mapped_column(server_default=true())
    # Invented, for `opine-reviews demo`.
    demo: Mapped[bool] = mapped_column(server_default=false())
    # The host of a website that is a whole site, without `www.`; brands of a source are matched by it.
    domain: Mapped[str | None] = mapped_column(Text, Computed(_DOMAIN, persisted=True))
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # The name as it is searched for, and what its words are with one letter left out (migration 0005).
    search_text: Mapped[str | None] = mapped_column(
        Text, Computed("brand_search_text(name)", persisted=True), deferred=True
    )
    search_keys: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), Computed("brand_search_keys(name)", persisted=True), deferred=True
    )


class Review(Base):
    """A review refers to its brand by slug: it never changes, and one index then serves the order by brand."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("length(text) BETWEEN 1 AND 20000", name="text"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("suggested_stars BETWEEN 1 AND 5", name="suggested_stars"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        CheckConstraint("label IN ('bad', 'average', 'good')", name="label"),
        CheckConstraint("num_nulls(suggested_stars, score, label) IN (0, 3)", name="prediction"),
        CheckConstraint("num_nulls(model_name, model_version) IN (0, 2)", name="model"),
        CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name="model_digest"),
        CheckConstraint("num_nulls(idempotency_key, request_fingerprint) IN (0, 2)", name="idempotency"),
        CheckConstraint("length(idempotency_key) BETWEEN 1 AND 255", name="idempotency_key"),
        # One index an order, for all reviews and for one brand's; id breaks ties in each.
        Index("ix_review_created_at", "created_at", "id"),
        Index("ix_review_stars", "stars", "id"),
        Index("ix_review_score", text("coalesce(score, '-1'::double precision)"), "id"),
        # The label follows from the score: from one end of that order the other labels' reviews would come first.
        Index("ix_review_label_score", "label", text("coalesce(score, '-1'::double precision)"), "id"),
        Index("ix_review_brand", "brand_slug", "id"),
        # With what a brand's weeks are counted from.
        Index("ix_review_brand_week", "brand_slug", "created_at", "id", postgresql_include=["stars", "score"]),
        Index("ix_review_brand_stars", "brand_slug", "stars", "id"),
        Index("ix_review_brand_score", "brand_slug", text("coalesce(score, '-1'::double precision)"), "id"),
        Index(
            "ix_review_model_digest", "model_digest", "created_at", postgresql_where=text("model_digest IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_slug: Mapped[str] = mapped_column(Slug, ForeignKey("brand.slug"))
    text: Mapped[str] = mapped_column(Text)
    stars: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    suggested_stars: Mapped[int | None] = mapped_column(SmallInteger)
    score: Mapped[float | None]
    label: Mapped[Label | None] = mapped_column(Text)
    model_name: Mapped[str | None] = mapped_column(Text)
    model_version: Mapped[str | None] = mapped_column(Text)
    # None where the review is older than digests.
    model_digest: Mapped[str | None] = mapped_column(Text)
    client_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    user_agent_family: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text, unique=True)
    request_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary)
    # True: invented; a person's has none.
    demo: Mapped[bool | None]

    brand: Mapped[Brand] = relationship(lazy="raise")


class BrandMonth(Base):
    """Counts of one brand's reviews in one month (UTC), spread over shards so that a busy brand's writers do not queue.

    Only the triggers on `review` write here. A reader sums the shards.
    """

    __tablename__ = "brand_month"

    brand_slug: Mapped[str] = mapped_column(Slug, ForeignKey("brand.slug"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    review_count: Mapped[int] = mapped_column(BigInteger)
    stars_1: Mapped[int] = mapped_column(BigInteger)
    stars_2: Mapped[int] = mapped_column(BigInteger)
    stars_3: Mapped[int] = mapped_column(BigInteger)
    stars_4: Mapped[int] = mapped_column(BigInteger)
    stars_5: Mapped[int] = mapped_column(BigInteger)
    label_bad: Mapped[int] = mapped_column(BigInteger)
    label_average: Mapped[int] = mapped_column(BigInteger)
    label_good: Mapped[int] = mapped_column(BigInteger)
    corrected: Mapped[int] = mapped_column(BigInteger)
    score_count: Mapped[int] = mapped_column(BigInteger)
    # Numeric, so that what a review added is taken away exactly.
    score_sum: Mapped[Decimal]
