"""What reviews say, term by term, with how much each speaks for or against the brand; and a brand's terms in sum.

All of it is derived from `review` and goes with its rows: who hides or deletes a review need not know of it, and older
code does not. The sums are kept by statement triggers, as the other counts are. What can be done twice comes first,
because an index on `review` is made at the end, outside of a transaction.
"""

import sqlalchemy as sa
from alembic import op

from opine_reviews.migrations.indexes import create_index_concurrently

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Who writes counts one after the other: two that count many reviews each would meet terms in different orders. Nobody
# who submits a review waits here. Numeric, so that what a review added is taken away exactly.
COUNT_FUNCTION = """
CREATE OR REPLACE FUNCTION brand_term_{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('public.brand_term'::regclass::bigint);
    INSERT INTO brand_term AS kept (brand_slug, term, review_count, client_count, pull_sum)
    SELECT brand_slug, term, {sign} count(*), {sign} count(*) FILTER (WHERE NOT repeated),
           {sign} coalesce(sum(pull::numeric) FILTER (WHERE NOT repeated), 0)
    FROM {rows} GROUP BY brand_slug, term
    ON CONFLICT (brand_slug, term) DO UPDATE SET
        review_count = kept.review_count + excluded.review_count,
        client_count = kept.client_count + excluded.client_count,
        pull_sum = kept.pull_sum + excluded.pull_sum;
    {forget}
    RETURN NULL;
END $$
"""
# Words that only deleted reviews said are not kept either.
FORGET = """
    DELETE FROM brand_term USING (SELECT DISTINCT brand_slug, term FROM gone) AS said
    WHERE brand_term.brand_slug = said.brand_slug AND brand_term.term = said.term AND review_count = 0;
"""
EVENTS = (
    ("added", "INSERT", "NEW TABLE AS came", {"sign": "", "rows": "came", "forget": ""}),
    ("removed", "DELETE", "OLD TABLE AS gone", {"sign": "-", "rows": "gone", "forget": FORGET}),
)


def upgrade() -> None:
    slug, term = sa.Text(collation="C"), sa.Text(collation="C")
    op.create_table(
        "review_reading",
        sa.Column("review_id", sa.BigInteger, nullable=False),
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("written_on", sa.Date, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_review_reading_model_digest")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_reading")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_reading_review_id"), ondelete="CASCADE"
        ),
        if_not_exists=True,
    )
    op.create_index("ix_review_reading_brand", "review_reading", ["brand_slug", "written_on"], if_not_exists=True)
    op.create_table(
        "review_term",
        sa.Column("review_id", sa.BigInteger, nullable=False),
        sa.Column("term", term, nullable=False),
        # Brand and day of the review stand in each row, so that reviews that say a term are found from one index.
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("written_on", sa.Date, nullable=False),
        sa.Column("pull", sa.REAL, nullable=False),
        sa.Column("repeated", sa.Boolean, nullable=False),
        sa.CheckConstraint("length(term) BETWEEN 1 AND 60", name=op.f("ck_review_term_term")),
        sa.PrimaryKeyConstraint("review_id", "term", name=op.f("pk_review_term")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review_reading.review_id"], name=op.f("fk_review_term_review_id"), ondelete="CASCADE"
        ),
        if_not_exists=True,
    )
    op.create_index(
        "ix_review_term_brand",
        "review_term",
        ["brand_slug", "term", "written_on"],
        postgresql_include=["review_id"],
        if_not_exists=True,
    )
    op.create_table(
        "brand_term",
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("term", term, nullable=False),
        sa.Column("review_count", sa.BigInteger, nullable=False),
        sa.Column("client_count", sa.BigInteger, nullable=False),
        sa.Column("pull_sum", sa.Numeric, nullable=False),
        sa.PrimaryKeyConstraint("brand_slug", "term", name=op.f("pk_brand_term")),
        if_not_exists=True,
    )
    op.create_index(
        "ix_brand_term_pull",
        "brand_term",
        ["brand_slug", "pull_sum", "term"],
        postgresql_where=sa.text("client_count > 1"),
        if_not_exists=True,
    )
    for name, event, tables, parts in EVENTS:
        op.execute(sa.text(COUNT_FUNCTION.format(name=name, **parts).replace(":", r"\:")))
        op.execute(
            f"CREATE OR REPLACE TRIGGER review_term_{name} AFTER {event} ON review_term "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION brand_term_{name}()"
        )
    # In the place of one without what a brand's weeks are counted from.
    create_index_concurrently(
        "ix_review_brand_week", "review", ["brand_slug", "created_at", "id"], include=["stars", "score"]
    )
    with op.get_context().autocommit_block():
        op.drop_index("ix_review_brand_created_at", "review", if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    create_index_concurrently("ix_review_brand_created_at", "review", ["brand_slug", "created_at", "id"])
    op.drop_index("ix_review_brand_week", "review", if_exists=True)
    for table in ("review_term", "review_reading", "brand_term"):
        op.drop_table(table)
    op.execute("DROP FUNCTION brand_term_added, brand_term_removed")
