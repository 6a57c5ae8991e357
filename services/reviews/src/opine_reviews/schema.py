"""The schema's revisions: applying them, and telling whether a database has the ones that this code needs.

Revisions are numbered ("0001", "0002", ...), so that code can also tell that a database is ahead of it: migrations
only expand until the code that needs the old shape is gone.
"""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import SchemaItem

# Two migration jobs at once would race; the second waits for this advisory lock.
_MIGRATION_LOCK = 0x6F70696E65

# Made only where the extension pg_trgm is at hand, so models do not list it.
_OPTIONAL_INDEX = "ix_review_text_trigram"


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "opine_reviews:migrations")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


@cache
def expected_revision() -> str:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package was built without its migrations")
    return head


def found_revision(connection: Connection | Session) -> str | None:
    """The revision that the database is at.

    Raises:
        sqlalchemy.exc.DBAPIError: also if it never had one.
    """
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def migration_lock(connection: Connection) -> None:
    """Wait for the end of another migration, and keep others waiting until this transaction's."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply all revisions up to `revision` in one transaction: all or nothing."""
    with engine.begin() as connection:
        migration_lock(connection)
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        migration_lock(connection)
        command.downgrade(alembic_config(connection), revision)


def is_sufficient(found: str | None, expected: str) -> bool:
    """Whether a database at revision `found` serves code that expects `expected`."""
    return found is not None and found.isdecimal() and int(found) >= int(expected)


def is_ours(
    _item: SchemaItem,
    name: str | None,
    kind: str,
    _reflected: bool,
    _compare_to: SchemaItem | None,
) -> bool:
    """What Alembic compares with the models."""
    return not (kind == "index" and name == _OPTIONAL_INDEX)
