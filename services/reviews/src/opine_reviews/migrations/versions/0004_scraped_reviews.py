"""Reviews read elsewhere, the runs that read them, and what ties a source's companies to brands.

The counts are kept by statement triggers, as those of `review`; here rows also change, because the newest reading of
a review replaces an older one. Their functions run with their owner's rights: who writes reviews need not reach the
counts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The host of a website that is a whole site, without `www.`: what brands of the list and of a source are matched by.
# A website with a path is a part of a site, and another brand may be the rest.
DOMAIN = (
    "CASE WHEN website ~ '^https?://[^/?#]+/?$'::text THEN lower(regexp_replace("
    "website, '^https?://(www\\.)?([^/?#:]+).*$'::text, '\\2'::text, 'i'::text)) ELSE NULL::text END"
)

# Rows are locked in key order, so that two statements cannot deadlock.
COUNT_FUNCTION = """
CREATE FUNCTION scraped_count_{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO scraped_count AS kept (brand_slug, source, stars_1, stars_2, stars_3, stars_4, stars_5)
    SELECT brand_slug, source,
           coalesce(sum(change) FILTER (WHERE stars = 1), 0),
           coalesce(sum(change) FILTER (WHERE stars = 2), 0),
           coalesce(sum(change) FILTER (WHERE stars = 3), 0),
           coalesce(sum(change) FILTER (WHERE stars = 4), 0),
           coalesce(sum(change) FILTER (WHERE stars = 5), 0)
    FROM (
        SELECT brand_slug, source, stars, sum(change) AS change
        FROM ({changes}) AS each GROUP BY 1, 2, 3 HAVING sum(change) <> 0
    ) AS changes
    GROUP BY 1, 2
    ORDER BY 1, 2
    ON CONFLICT (brand_slug, source) DO UPDATE SET
        stars_1 = kept.stars_1 + excluded.stars_1,
        stars_2 = kept.stars_2 + excluded.stars_2,
        stars_3 = kept.stars_3 + excluded.stars_3,
        stars_4 = kept.stars_4 + excluded.stars_4,
        stars_5 = kept.stars_5 + excluded.stars_5;
    RETURN NULL;
END $$
"""
CAME = "SELECT brand_slug, source, stars, 1 AS change FROM came"
GONE = "SELECT brand_slug, source, stars, -1 AS change FROM gone"
EVENTS = (
    ("added", "INSERT", "NEW TABLE AS came", CAME),
    ("removed", "DELETE", "OLD TABLE AS gone", GONE),
    ("changed", "UPDATE", "OLD TABLE AS gone NEW TABLE AS came", f"{CAME} UNION ALL {GONE}"),
)

# What training and analysis read: texts with their stars, and nothing about people. A reply is left out, because it
# may call the reviewer by name.
LABELLED_REVIEW = """
CREATE VIEW labelled_review AS
    SELECT 'opine' AS source, id, brand_slug, NULL::text AS title, text, stars, suggested_stars,
           model_name, model_version, NULL::text AS language, created_at AS written_at
    FROM review
    UNION ALL
    SELECT source, id, brand_slug, title, text, stars, NULL, NULL, NULL, language, reviewed_at
    FROM scraped_review
"""


def upgrade() -> None:
    slug = sa.Text(collation="C")
    time = sa.DateTime(timezone=True)
    op.add_column("brand", sa.Column("origin", sa.Text, server_default="list", nullable=False))
    # The list gives every brand a sector; the 2019 route gives none.
    op.execute("UPDATE brand SET origin = 'route_of_2019' WHERE sector IS NULL")
    op.create_check_constraint(op.f("ck_brand_origin"), "brand", "origin IN ('list', 'route_of_2019', 'scraped')")
    op.add_column("brand", sa.Column("domain", sa.Text, sa.Computed(DOMAIN, persisted=True)))
    op.create_index("ix_brand_domain", "brand", ["domain", "id"])
    op.create_table(
        "brand_source",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("brand_slug", slug),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("website", sa.Text),
        sa.Column("logo", sa.Text),
        sa.Column("source_url", sa.Text, nullable=False),
        sa.Column("read_at", time, nullable=False),
        sa.Column("parser", sa.Text, nullable=False),
        sa.CheckConstraint("source ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(source) <= 50", name=op.f("ck_brand_source_source")),
        sa.CheckConstraint("length(company) BETWEEN 1 AND 300", name=op.f("ck_brand_source_company")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_brand_source_name")),
        sa.CheckConstraint("source_url ~ '^https?://'", name=op.f("ck_brand_source_source_url")),
        sa.PrimaryKeyConstraint("source", "company", name=op.f("pk_brand_source")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_brand_source_brand_slug")),
    )
    op.create_index("ix_brand_source_brand", "brand_source", ["brand_slug", "source"])
    op.create_table(
        "scraped_review",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_review_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("stars", sa.SmallInteger, nullable=False),
        sa.Column("reviewed_at", time, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("verified", sa.Boolean),
        sa.Column("reply", sa.Text),
        sa.Column("source_url", sa.Text, nullable=False),
        sa.Column("read_at", time, nullable=False),
        sa.Column("parser", sa.Text, nullable=False),
        sa.CheckConstraint("source ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(source) <= 50", name=op.f("ck_scraped_review_source")),
        sa.CheckConstraint("length(source_review_id) BETWEEN 1 AND 300", name=op.f("ck_scraped_review_source_review_id")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_scraped_review_stars")),
        sa.CheckConstraint("source_url ~ '^https?://'", name=op.f("ck_scraped_review_source_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scraped_review")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_scraped_review_brand_slug")),
        sa.UniqueConstraint("source", "source_review_id", name=op.f("uq_scraped_review_source")),
    )
    op.create_index("ix_scraped_review_reviewed_at", "scraped_review", ["reviewed_at", "id"])
    op.create_index("ix_scraped_review_stars", "scraped_review", ["stars", "reviewed_at", "id"])
    op.create_index("ix_scraped_review_source", "scraped_review", ["source", "reviewed_at", "id"])
    op.create_index("ix_scraped_review_brand", "scraped_review", ["brand_slug", "reviewed_at", "id"])
    op.create_index("ix_scraped_review_brand_stars", "scraped_review", ["brand_slug", "stars", "reviewed_at", "id"])
    # Rows lie in the order in which they were read: a few pages of this index serve the retention of a million.
    op.create_index("ix_scraped_review_read_at", "scraped_review", ["read_at"], postgresql_using="brin")
    op.create_table(
        "scraped_count",
        sa.Column("brand_slug", slug, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        *(sa.Column(f"stars_{number}", sa.BigInteger, nullable=False) for number in range(1, 6)),
        sa.PrimaryKeyConstraint("brand_slug", "source", name=op.f("pk_scraped_count")),
        sa.ForeignKeyConstraint(["brand_slug"], ["brand.slug"], name=op.f("fk_scraped_count_brand_slug")),
    )
    op.execute("ALTER TABLE scraped_count SET (fillfactor = 60)")
    for name, event, tables, changes in EVENTS:
        op.execute(COUNT_FUNCTION.format(name=name, changes=changes))
        op.execute(
            f"CREATE TRIGGER scraped_review_{name} AFTER {event} ON scraped_review REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION scraped_count_{name}()"
        )
    op.create_table(
        "scrape_run",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("ended_at", time),
        sa.Column("outcome", sa.Text),
        sa.Column("exit_code", sa.Integer),
        *(
            sa.Column(name, sa.BigInteger, server_default="0", nullable=False)
            for name in ("pages", "items", "new_items", "changed_items", "duplicates")
        ),
        sa.Column("rejected", sa.dialects.postgresql.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("errors", sa.dialects.postgresql.JSONB, server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.CheckConstraint("length(run_id) BETWEEN 1 AND 100", name=op.f("ck_scrape_run_run_id")),
        sa.CheckConstraint("kind IN ('discover', 'crawl')", name=op.f("ck_scrape_run_kind")),
        sa.CheckConstraint(
            "outcome IN ('completed', 'blocked', 'failed', 'interrupted')", name=op.f("ck_scrape_run_outcome")
        ),
        sa.CheckConstraint("num_nulls(ended_at, outcome) IN (0, 2)", name=op.f("ck_scrape_run_end")),
        sa.CheckConstraint(
            "jsonb_typeof(rejected) = 'object' AND octet_length(rejected::text) <= 16384", name=op.f("ck_scrape_run_rejected")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(errors) = 'array' AND octet_length(errors::text) <= 65536", name=op.f("ck_scrape_run_errors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrape_run")),
        sa.UniqueConstraint("run_id", name=op.f("uq_scrape_run_run_id")),
    )
    op.create_index("ix_scrape_run_kind", "scrape_run", ["kind", "outcome", "ended_at"])
    op.execute(LABELLED_REVIEW)


def downgrade() -> None:
    op.execute("DROP VIEW labelled_review")
    op.drop_table("scrape_run")
    op.drop_table("scraped_count")
    op.drop_table("scraped_review")
    op.drop_table("brand_source")
    op.drop_index("ix_brand_domain", "brand")
    op.drop_column("brand", "domain")
    op.drop_constraint(op.f("ck_brand_origin"), "brand")
    op.drop_column("brand", "origin")
    op.execute("DROP FUNCTION " + ", ".join(f"scraped_count_{name}" for name, *_ in EVENTS))
