"""Model versions, their releases, and which version a review's prediction came from.

The release plan is the newest row of `release_event`. Two that decide on the same plan write the same revision, and the
second one fails; a row is never changed, so the history is whole.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HEX_DIGEST = "~ '^[0-9a-f]{64}$'"
TOKEN = "~ '^[A-Za-z0-9][A-Za-z0-9._+-]*$'"

VIEW_BEFORE = """
CREATE VIEW labelled_review AS
    SELECT 'opine' AS source, id, brand_slug, NULL::text AS title, text, stars, suggested_stars,
           model_name, model_version, NULL::text AS language, created_at AS written_at
    FROM review
    UNION ALL
    SELECT source, id, brand_slug, title, text, stars, NULL, NULL, NULL, language, reviewed_at
    FROM scraped_review
"""

# A column more at its end, which is all that a view takes without being made anew.
VIEW = """
CREATE OR REPLACE VIEW labelled_review AS
    SELECT 'opine' AS source, id, brand_slug, NULL::text AS title, text, stars, suggested_stars,
           model_name, model_version, NULL::text AS language, created_at AS written_at, model_digest
    FROM review
    UNION ALL
    SELECT source, id, brand_slug, title, text, stars, NULL, NULL, NULL, language, reviewed_at, NULL
    FROM scraped_review
"""

KEEP_FUNCTION = """
CREATE FUNCTION release_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of releases cannot change' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    op.add_column("review", sa.Column("model_digest", sa.Text))
    op.create_check_constraint(op.f("ck_review_model_digest"), "review", f"model_digest {HEX_DIGEST}", postgresql_not_valid=True)
    op.execute(VIEW)

    def set_now(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)

    op.create_table(
        "model_version",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("parent_digest", sa.Text),
        sa.Column("artefact", sa.LargeBinary, nullable=False),
        sa.Column("artefact_bytes", sa.BigInteger, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("metrics", JSONB, nullable=False),
        sa.Column("training", JSONB, nullable=False),
        sa.Column("data_fingerprint", sa.Text),
        sa.Column("training_run", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("image", sa.Text),
        sa.Column("registered_by", sa.Text, nullable=False),
        set_now("created_at"),
        sa.CheckConstraint(f"digest {HEX_DIGEST}", name=op.f("ck_model_version_digest")),
        sa.CheckConstraint(f"name {TOKEN} AND length(name) <= 64", name=op.f("ck_model_version_name")),
        sa.CheckConstraint(f"version {TOKEN} AND length(version) <= 64", name=op.f("ck_model_version_version")),
        sa.CheckConstraint("octet_length(artefact) = artefact_bytes", name=op.f("ck_model_version_artefact")),
        sa.CheckConstraint("length(registered_by) BETWEEN 1 AND 100", name=op.f("ck_model_version_registered_by")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_model_version")),
        sa.ForeignKeyConstraint(
            ["parent_digest"], ["model_version.digest"], name=op.f("fk_model_version_parent_digest")
        ),
        sa.UniqueConstraint("name", "version", name=op.f("uq_model_version_name")),
    )
    # Weights do not compress, and a part of what is not compressed is read without the rest.
    op.execute("ALTER TABLE model_version ALTER COLUMN artefact SET STORAGE EXTERNAL")
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("candidate_digest", sa.Text, nullable=False),
        sa.Column("baseline_digest", sa.Text, nullable=False),
        set_now("started_at"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.CheckConstraint("candidate_digest <> baseline_digest", name=op.f("ck_release_candidate")),
        sa.CheckConstraint("outcome IN ('promoted', 'rolled_back')", name=op.f("ck_release_outcome")),
        sa.CheckConstraint("num_nulls(ended_at, outcome) IN (0, 2)", name=op.f("ck_release_end")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.ForeignKeyConstraint(
            ["candidate_digest"], ["model_version.digest"], name=op.f("fk_release_candidate_digest")
        ),
        sa.ForeignKeyConstraint(["baseline_digest"], ["model_version.digest"], name=op.f("fk_release_baseline_digest")),
    )
    op.create_index(
        "ix_release_open",
        "release",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "release_event",
        sa.Column("revision", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("release_id", sa.BigInteger),
        sa.Column("live_digest", sa.Text, nullable=False),
        sa.Column("candidate_digest", sa.Text),
        sa.Column("stage", sa.Text),
        sa.Column("weight", sa.SmallInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        set_now("created_at"),
        sa.CheckConstraint("revision > 0", name=op.f("ck_release_event_revision")),
        sa.CheckConstraint(
            "kind IN ('pin', 'start', 'advance', 'promote', 'rollback')", name=op.f("ck_release_event_kind")
        ),
        sa.CheckConstraint("(kind = 'pin') = (release_id IS NULL)", name=op.f("ck_release_event_release")),
        sa.CheckConstraint("stage IN ('shadow', 'canary')", name=op.f("ck_release_event_stage")),
        sa.CheckConstraint("num_nulls(candidate_digest, stage) IN (0, 2)", name=op.f("ck_release_event_candidate")),
        sa.CheckConstraint(
            "weight BETWEEN 0 AND 100 AND (weight > 0) = coalesce(stage = 'canary', false)",
            name=op.f("ck_release_event_weight"),
        ),
        sa.CheckConstraint("length(actor) BETWEEN 1 AND 100", name=op.f("ck_release_event_actor")),
        sa.CheckConstraint(
            "jsonb_typeof(evidence) = 'object' AND octet_length(evidence::text) <= 65536",
            name=op.f("ck_release_event_evidence"),
        ),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_release_event")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_event_release_id")),
        sa.ForeignKeyConstraint(
            ["live_digest"], ["model_version.digest"], name=op.f("fk_release_event_live_digest")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_digest"], ["model_version.digest"], name=op.f("fk_release_event_candidate_digest")
        ),
    )
    op.create_index("ix_release_event_release", "release_event", ["release_id", "revision"])
    op.execute(KEEP_FUNCTION)
    op.execute(
        "CREATE TRIGGER release_event_changed BEFORE UPDATE OR DELETE ON release_event "
        "FOR EACH ROW EXECUTE FUNCTION release_event_keep()"
    )


def downgrade() -> None:
    op.drop_table("release_event")
    op.drop_table("release")
    op.drop_table("model_version")
    op.execute("DROP FUNCTION release_event_keep")
    op.execute("DROP VIEW labelled_review")
    op.execute(VIEW_BEFORE)
    op.drop_column("review", "model_digest")
