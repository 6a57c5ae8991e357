"""A trigram index for the search in texts, where PostgreSQL has the extension.

Without it the search reads the rows one by one, within the time limit of a request.
"""

import sqlalchemy as sa
from alembic import op

from opine_reviews.migrations.indexes import create_index_concurrently

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
                CREATE EXTENSION IF NOT EXISTS pg_trgm;
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_trgm is there but may not be created by this role; the search stays without its index';
        END $$
    """)
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")):
        columns = [sa.text("text gin_trgm_ops")]
        create_index_concurrently("ix_review_text_trigram", "review", columns, method="gin")


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_review_text_trigram")
