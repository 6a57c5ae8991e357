"""What reviews say, term by term, with how much each speaks for or against the brand.

Both tables are derived from `review` and go with its rows: who hides or deletes a review need not know of them, and
older code does not. Brand and day stand in each row, so that a brand's terms are counted from one index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_reading",
        sa.Column("review_id", sa.BigInteger, nullable=False),
        sa.Column("brand_slug", sa.Text(collation="C"), nullable=False),
        sa.Column("written_on", sa.Date, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_review_reading_model_digest")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_reading")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_reading_review_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_review_reading_brand", "review_reading", ["brand_slug", "written_on"])
    op.create_table(
        "review_term",
        sa.Column("review_id", sa.BigInteger, nullable=False),
        sa.Column("term", sa.Text(collation="C"), nullable=False),
        sa.Column("brand_slug", sa.Text(collation="C"), nullable=False),
        sa.Column("written_on", sa.Date, nullable=False),
        sa.Column("pull", sa.REAL, nullable=False),
        sa.Column("repeated", sa.Boolean, nullable=False),
        sa.CheckConstraint("length(term) BETWEEN 1 AND 60", name=op.f("ck_review_term_term")),
        sa.PrimaryKeyConstraint("review_id", "term", name=op.f("pk_review_term")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review_reading.review_id"], name=op.f("fk_review_term_review_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_review_term_brand",
        "review_term",
        ["brand_slug", "term", "review_id"],
        postgresql_include=["pull", "written_on", "repeated"],
    )


def downgrade() -> None:
    op.drop_table("review_term")
    op.drop_table("review_reading")
