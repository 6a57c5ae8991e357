"""What was measured of drift: a row a night, without texts and without anybody's name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drift_measurement",
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_digest", sa.Text),
        sa.Column("drifted", sa.Boolean, nullable=False),
        sa.Column("report", JSONB, nullable=False),
        sa.CheckConstraint("model_digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_drift_measurement_model_digest")),
        sa.CheckConstraint(
            "jsonb_typeof(report) = 'object' AND octet_length(report::text) <= 65536",
            name=op.f("ck_drift_measurement_report"),
        ),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_drift_measurement")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("drift_measurement")
