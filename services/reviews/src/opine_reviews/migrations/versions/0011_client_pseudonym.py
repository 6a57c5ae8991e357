"""Who learns from reviews can tell that two came from one client, and not which client that was.

`client` is a hash of the client's hash of the day and of a salt that the reader sets for its session,
`SELECT set_config('opine.salt', ..., false)`. Without a salt it is NULL. Sessions of different salts have nothing in common.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = """
CREATE VIEW labelled_review AS
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

PSEUDONYM = """encode(sha256(review.client_hash || convert_to(nullif(current_setting('opine.salt', true), ''), 'UTF8')),
                  'hex') AS client"""


def upgrade() -> None:
    op.execute(
        BEFORE.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        .replace("review.model_digest", f"review.model_digest,\n           {PSEUDONYM}")
        .replace("scraped_review.reviewed_at, NULL", "scraped_review.reviewed_at, NULL, NULL")
    )


def downgrade() -> None:
    # A column cannot be taken out of a view. Roles get their rights on the new one at the next migration.
    op.execute("DROP VIEW labelled_review")
    op.execute(BEFORE)
