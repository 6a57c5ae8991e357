"""Every training that was started, why, and how it ended: at most one has no end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OBJECT = "jsonb_typeof({0}) = 'object' AND octet_length({0}::text) <= 65536"


def upgrade() -> None:
    op.create_table(
        "training_run",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("parent_digest", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.Column("version_digest", sa.Text),
        sa.Column("result", JSONB),
        sa.CheckConstraint("length(actor) BETWEEN 1 AND 100", name=op.f("ck_training_run_actor")),
        sa.CheckConstraint(OBJECT.format("evidence"), name=op.f("ck_training_run_evidence")),
        sa.CheckConstraint(OBJECT.format("result"), name=op.f("ck_training_run_result")),
        sa.CheckConstraint("outcome IN ('registered', 'refused', 'failed')", name=op.f("ck_training_run_outcome")),
        sa.CheckConstraint("num_nulls(ended_at, outcome, result) IN (0, 3)", name=op.f("ck_training_run_end")),
        sa.CheckConstraint(
            "coalesce(outcome = 'registered', false) = (version_digest IS NOT NULL)",
            name=op.f("ck_training_run_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_run")),
        sa.ForeignKeyConstraint(
            ["parent_digest"], ["model_version.digest"], name=op.f("fk_training_run_parent_digest")
        ),
        sa.ForeignKeyConstraint(
            ["version_digest"], ["model_version.digest"], name=op.f("fk_training_run_version_digest")
        ),
    )
    op.create_index(
        "ix_training_run_open",
        "training_run",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("training_run")
