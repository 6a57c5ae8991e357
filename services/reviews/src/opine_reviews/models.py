"""The tables. The triggers that keep the counts exact, and the view for training, are in the migrations."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from opine_common.prediction import Label
from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Origin = Literal["list", "route_of_2019", "scraped"]
RunKind = Literal["discover", "crawl"]
RunOutcome = Literal["completed", "blocked", "failed", "interrupted"]
Stage = Literal["shadow", "canary"]
ReleaseOutcome = Literal["promoted", "rolled_back"]
EventKind = Literal["pin", "start", "advance", "promote", "rollback"]

# Slugs are ASCII: byte order is their alphabetical order and needs no locale.
Slug = Text(collation="C")
# Equal terms are the same characters, in whatever language.
TermText = Text(collation="C")

# As PostgreSQL writes it back, so that it can be compared with the migrations'.
_DOMAIN = (
    "CASE WHEN website ~ '^https?://[^/?#]+/?$'::text THEN lower(regexp_replace("
    "website, '^https?://(www\\.)?([^/?#:]+).*$'::text, '\\2'::text, 'i'::text)) ELSE NULL::text END"
)

_SOURCE = "source ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(source) <= 50"
_WEB_ADDRESS = "source_url ~ '^https?://'"
_PLAIN = "~ '^[A-Za-z0-9][A-Za-z0-9._+-]*$'"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        },
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


# What reviews say: `opine_reviews.reading` writes it.


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


# What is read elsewhere: the scraping writes it under a role of its own (`opine_reviews.schema`).


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
        CheckConstraint("jsonb_typeof(rejected) = 'object' AND octet_length(rejected::text) <= 16384", name="rejected"),
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


# Which model answers. `opine_reviews.releases` decides; the sentiment service follows.


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
        CheckConstraint("jsonb_typeof(evidence) = 'object' AND octet_length(evidence::text) <= 65536", name="evidence"),
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


# What limits and moderates clients.

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
