"""Indexes on tables that are in use."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import TextClause


def create_index_concurrently(
    name: str,
    table: str,
    columns: Sequence[str | TextClause],
    *,
    method: str = "btree",
    where: TextClause | None = None,
    include: Sequence[str] = (),
) -> None:
    """As `op.create_index`, while others write to the table.

    Let it be all that a revision does, or the last of what can be done twice: what comes before is committed first.
    One that was cut off leaves an index that is kept up to date and never used; it is removed and made again.
    """
    with op.get_context().autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            columns,
            postgresql_concurrently=True,
            postgresql_using=method,
            postgresql_where=where,
            postgresql_include=include,
        )
