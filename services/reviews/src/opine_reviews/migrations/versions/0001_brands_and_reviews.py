"""Brands, reviews, and their counts a month.

The counts are kept by statement triggers: whichever way reviews come or go (one by one, in bulk, by hand), the counts
change in the same transaction. Counted fields of a stored review cannot be changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTS = (
    "review_count", "stars_1", "stars_2", "stars_3", "stars_4", "stars_5",
    "label_bad", "label_average", "label_good", "corrected", "score_count",
)

# Rows are locked in key order, so that two bulk statements cannot deadlock.
COUNT_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO brand_month AS kept (
        brand_slug, month, shard, review_count, stars_1, stars_2, stars_3, stars_4, stars_5,
        label_bad, label_average, label_good, corrected, score_count, score_sum
    )
    SELECT brand_slug,
           date_trunc('month', created_at AT TIME ZONE 'UTC')::date,
           (id % 8)::smallint,
           {sign} count(*),
           {sign} count(*) FILTER (WHERE stars = 1),
           {sign} count(*) FILTER (WHERE stars = 2),
           {sign} count(*) FILTER (WHERE stars = 3),
           {sign} count(*) FILTER (WHERE stars = 4),
           {sign} count(*) FILTER (WHERE stars = 5),
           {sign} count(*) FILTER (WHERE label = 'bad'),
           {sign} count(*) FILTER (WHERE label = 'average'),
           {sign} count(*) FILTER (WHERE label = 'good'),
           {sign} count(*) FILTER (WHERE suggested_stars <> stars),
           {sign} count(score),
           {sign} coalesce(sum(score::numeric), 0)
    FROM changed
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
    ON CONFLICT (brand_slug, month, shard) DO UPDATE SET
        review_count = kept.review_count + excluded.review_count,
        stars_1 = kept.stars_1 + excluded.stars_1,
        stars_2 = kept.stars_2 + excluded.stars_2,
        stars_3 = kept.stars_3 + excluded.stars_3,
        stars_4 = kept.stars_4 + excluded.stars_4,
        stars_5 = kept.stars_5 + excluded.stars_5,
        label_bad = kept.label_bad + excluded.label_bad,
        label_average = kept.label_average + excluded.label_average,
        label_good = kept.label_good + excluded.label_good,
        corrected = kept.corrected + excluded.corrected,
        score_count = kept.score_count + excluded.score_count,
        score_sum = kept.score_sum + excluded.score_sum;
    RETURN NULL;
END $$
"""

KEEP_FUNCTION = """
CREATE FUNCTION review_keep_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the counted fields of a review cannot change' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    slug = sa.Text(collation="C")
    op.create_table(
        "brand",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("slug", slug, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("website", sa.Text),
        sa.Column("sector", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100", name=op.f("ck_brand_slug")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_brand_name")),
        sa.CheckConstraint("website ~ '^https?://' AND length(website) <= 300", name=op.f("ck_brand_website")),
        sa.CheckConstraint("length(sector) BETWEEN 1 AND 100", name=op.f("ck_brand_sector")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
        sa.UniqueConstraint("slug", name=op.f("uq_brand_slug")),
    )
    op.create_index("ix_brand_name", "brand", [sa.text("lower(name)"), "id"])
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stars", sa.SmallInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("suggested_stars", sa.SmallInteger),
        sa.Column("score", sa.Float(53)),
        sa.Column("label", sa.Text),
        sa.Column("model_name", sa.Text),
        sa.Column("model_version", sa.Text),
        sa.Column("client_hash", sa.LargeBinary),
        sa.Column("user_agent_family", sa.Text),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_fingerprint", sa.LargeBinary),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 20000", name=op.f("ck_review_text")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_review_stars")),
        sa.CheckConstraint("suggested_stars BETWEEN 1 AND 5", name=op.f("ck_review_suggested_stars")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_review_score")),
        sa.CheckConstraint("label IN ('bad', 'average', 'good')", name=op.f("ck_review_label")),
        sa.CheckConstraint("num_nulls(suggested_stars, score, label) IN (0, 3)", name=op.f("ck_review_prediction")),
        sa.CheckConstraint("num_nulls(model_name, model_version) IN (0, 2)", name=op.f("ck_review_model")),
        sa.CheckConstraint("num_nulls(idempotency_key, request_fingerprint) IN (0, 2)", name=op.f("ck_review_idempotency")),
        sa.CheckConstraint("length(idempotency_key) BETWEEN 1 AND 255", name=op.f("ck_review_idempotency_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_review_brand_slug")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_review_idempotency_key")),
    )
    score = sa.text("coalesce(score, '-1'::double precision)")
    op.create_index("ix_review_created_at", "review", ["created_at", "id"])
    op.create_index("ix_review_stars", "review", ["stars", "id"])
    op.create_index("ix_review_score", "review", [score, "id"])
    op.create_index("ix_review_brand", "review", ["brand_slug", "id"])
    op.create_index("ix_review_brand_created_at", "review", ["brand_slug", "created_at", "id"])
    op.create_index("ix_review_brand_stars", "review", ["brand_slug", "stars", "id"])
    op.create_index("ix_review_brand_score", "review", ["brand_slug", score, "id"])
    op.create_table(
        "brand_month",
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("shard", sa.SmallInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
        sa.Column("score_sum", sa.Numeric, nullable=False),
        sa.PrimaryKeyConstraint("brand_slug", "month", "shard", name=op.f("pk_brand_month")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_brand_month_brand_slug")),
    )
    # Counters are rewritten often; free room in each page keeps the new version beside the old one.
    op.execute("ALTER TABLE brand_month SET (fillfactor = 60)")
    op.execute(COUNT_FUNCTION.format(name="review_count_added", sign="+"))
    op.execute(COUNT_FUNCTION.format(name="review_count_removed", sign="-"))
    op.execute(KEEP_FUNCTION)
    op.execute(
        "CREATE TRIGGER review_added AFTER INSERT ON review REFERENCING NEW TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION review_count_added()"
    )
    op.execute(
        "CREATE TRIGGER review_removed AFTER DELETE ON review REFERENCING OLD TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION review_count_removed()"
    )
    op.execute(
        "CREATE TRIGGER review_changed BEFORE UPDATE ON review FOR EACH ROW WHEN ("
        "(OLD.brand_slug, OLD.created_at, OLD.stars, OLD.suggested_stars, OLD.label, OLD.score) IS DISTINCT FROM "
        "(NEW.brand_slug, NEW.created_at, NEW.stars, NEW.suggested_stars, NEW.label, NEW.score)) "
        "EXECUTE FUNCTION review_keep_counted()"
    )


def downgrade() -> None:
    op.drop_table("brand_month")
    op.drop_table("review")
    op.drop_table("brand")
    op.execute("DROP FUNCTION review_count_added, review_count_removed, review_keep_counted")
