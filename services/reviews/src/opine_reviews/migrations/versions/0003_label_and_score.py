"""An index for one label's reviews by score.

The label follows from the score, so the reviews of one label lie together in the order by score: from the wrong end,
the index on the score alone reads all other labels' reviews first.
"""

import sqlalchemy as sa
from alembic import op

from opine_reviews.migrations.indexes import create_index_concurrently

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    score = sa.text("coalesce(score, '-1'::double precision)")
    create_index_concurrently("ix_review_label_score", "review", ["label", score, "id"])


def downgrade() -> None:
    op.drop_index("ix_review_label_score", "review")
