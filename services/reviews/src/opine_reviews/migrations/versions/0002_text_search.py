"""A trigram index for the search in texts, where PostgreSQL has the extension.

Without it the search reads the rows one by one, within the time limit of a request.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
                CREATE EXTENSION IF NOT EXISTS pg_trgm;
                CREATE INDEX ix_review_text_trigram ON review USING gin (text gin_trgm_ops);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_trgm is there but may not be created by this role; the search stays without its index';
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_review_text_trigram")
