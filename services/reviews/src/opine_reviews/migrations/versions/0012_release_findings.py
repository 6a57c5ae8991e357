"""What was last found of a release without deciding: the judge's look that held it, and the past rescored."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_finding",
        sa.Column("release_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('judgement', 'rescoring')", name=op.f("ck_release_finding_kind")),
        sa.CheckConstraint("length(actor) BETWEEN 1 AND 100", name=op.f("ck_release_finding_actor")),
        sa.CheckConstraint(
            "jsonb_typeof(evidence) = 'object' AND octet_length(evidence::text) <= 65536",
            name=op.f("ck_release_finding_evidence"),
        ),
        sa.PrimaryKeyConstraint("release_id", "kind", name=op.f("pk_release_finding")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_finding_release_id")),
    )


def downgrade() -> None:
    op.drop_table("release_finding")
