"""What revision 0005 left for later, because it takes long where there are many reviews: an index and a check of all rows.

Both go on while others read and write.
"""

import sqlalchemy as sa
from alembic import op

from opine_reviews.migrations.indexes import create_index_concurrently

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE review VALIDATE CONSTRAINT ck_review_model_digest")
    create_index_concurrently(
        "ix_review_model_digest", "review", ["model_digest", "created_at"], where=sa.text("model_digest IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_review_model_digest", "review", if_exists=True)
