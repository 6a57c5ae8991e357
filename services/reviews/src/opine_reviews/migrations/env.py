"""Alembic's entry: runs the revisions on the connection that `opine_reviews.schema` hands over."""

from alembic import context

from opine_reviews.models import Base
from opine_reviews.schema import is_ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=is_ours,
    compare_server_default=True,
    transaction_per_migration=True,
)

with context.begin_transaction():
    context.run_migrations()
