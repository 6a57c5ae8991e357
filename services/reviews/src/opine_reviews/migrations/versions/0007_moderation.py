"""Limits by client, sessions that were ended, reports, hidden reviews, unlisted brands, and who moderated what.

A hidden review is a row of its own table: older code, which knows nothing of it, does not show it either.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

VIEW = """
CREATE OR REPLACE VIEW labelled_review AS
    SELECT 'opine' AS source, review.id, review.brand_slug, NULL::text AS title, review.text, review.stars,
           review.suggested_stars, review.model_name, review.model_version, NULL::text AS language,
           review.created_at AS written_at, review.model_digest
    FROM review JOIN brand ON brand.slug = review.brand_slug AND brand.listed
    UNION ALL
    SELECT scraped_review.source, scraped_review.id, scraped_review.brand_slug, scraped_review.title,
           scraped_review.text, scraped_review.stars, NULL, NULL, NULL, scraped_review.language,
           scraped_review.reviewed_at, NULL
    FROM scraped_review JOIN brand ON brand.slug = scraped_review.brand_slug AND brand.listed
"""
VIEW_BEFORE = """
CREATE OR REPLACE VIEW labelled_review AS
    SELECT 'opine' AS source, id, brand_slug, NULL::text AS title, text, stars, suggested_stars,
           model_name, model_version, NULL::text AS language, created_at AS written_at, model_digest
    FROM review
    UNION ALL
    SELECT source, id, brand_slug, title, text, stars, NULL, NULL, NULL, language, reviewed_at, NULL
    FROM scraped_review
"""
KEEP_FUNCTION = """
CREATE FUNCTION review_moderation_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of moderation cannot change' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    op.add_column("brand", sa.Column("listed", sa.Boolean, server_default=sa.true(), nullable=False))
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
    )
    op.create_table(
        "ended_session",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(session_id) BETWEEN 16 AND 64", name=op.f("ck_ended_session_session_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_ended_session")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("review_id", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("client_hash", sa.LargeBinary, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("length(reason) <= 500", name=op.f("ck_report_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("review_id", "client_hash", name=op.f("uq_report_review_id")),
    )
    op.create_table(
        "hidden_review",
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.Column("brand_slug", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stars", sa.SmallInteger, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("kept", JSONB, nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_review")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_hidden_review_idempotency_key")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_hidden_review_brand_slug")),
    )
    op.create_table(
        "moderation_event",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "action IN ('approve', 'hide', 'restore', 'dismiss', 'delete')", name=op.f("ck_moderation_event_action")
        ),
        sa.CheckConstraint("kind IN ('review', 'brand')", name=op.f("ck_moderation_event_kind")),
        sa.CheckConstraint("length(actor) BETWEEN 1 AND 100", name=op.f("ck_moderation_event_actor")),
        sa.CheckConstraint("length(reason) <= 500", name=op.f("ck_moderation_event_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_event")),
    )
    op.execute(KEEP_FUNCTION)
    op.execute(
        "CREATE TRIGGER moderation_event_changed BEFORE UPDATE OR DELETE ON moderation_event "
        "FOR EACH ROW EXECUTE FUNCTION review_moderation_keep()"
    )
    op.execute(VIEW)


def downgrade() -> None:
    op.execute(VIEW_BEFORE)
    for table in ("moderation_event", "hidden_review", "report", "ended_session", "rate_limit"):
        op.drop_table(table)
    op.execute("DROP FUNCTION review_moderation_keep")
    op.drop_column("brand", "listed")
