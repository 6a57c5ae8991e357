"""Brands and reviews of the demo say so, and no model learns from them.

A review that a person wrote has NULL: one that was hidden before this revision comes back without the column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

VIEW = """
CREATE OR REPLACE VIEW labelled_review AS
    SELECT 'opine' AS source, review.id, review.brand_slug, NULL::text AS title, review.text, review.stars,
           review.suggested_stars, review.model_name, review.model_version, NULL::text AS language,
           review.created_at AS written_at, review.model_digest
    FROM review JOIN brand ON brand.slug = review.brand_slug AND brand.listed
    WHERE review.demo IS NOT TRUE
    UNION ALL
    SELECT scraped_review.source, scraped_review.id, scraped_review.brand_slug, scraped_review.title,
           scraped_review.text, scraped_review.stars, NULL, NULL, NULL, scraped_review.language,
           scraped_review.reviewed_at, NULL
    FROM scraped_review JOIN brand ON brand.slug = scraped_review.brand_slug AND brand.listed
"""


def upgrade() -> None:
    # In the order in which who writes a review locks them; in the other one both would wait for each other.
    op.add_column("review", sa.Column("demo", sa.Boolean))
    op.add_column("brand", sa.Column("demo", sa.Boolean, server_default=sa.false(), nullable=False))
    op.execute(VIEW)


def downgrade() -> None:
    op.execute(VIEW.replace("    WHERE review.demo IS NOT TRUE\n", ""))
    op.drop_column("review", "demo")
    op.drop_column("brand", "demo")
