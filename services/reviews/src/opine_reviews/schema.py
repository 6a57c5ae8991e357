"""The schema: its revisions, waiting for them, and what other roles may do in it.

Revisions are numbered ("0001", "0002", ...), so that code can also tell that a database is ahead of it: migrations
only expand until the code that needs the old shape is gone.
"""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from opine_common.readiness import wait_until_ready
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.schema import SchemaItem

from opine_reviews.models import Base

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)

Awaited = Literal["database", "schema"]

_PAUSE_S = 1.0

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


def wait_for_database(engine: Engine, awaited: Awaited, timeout_s: float) -> None:
    """Return once PostgreSQL answers, or also once its schema suffices.

    Raises:
        TimeoutError: it did not in that time; the message says what is missing.
    """
    try:
        wait_until_ready(
            lambda: _missing(engine, awaited),
            timeout_s=timeout_s,
            pause_s=_PAUSE_S,
            on_change=lambda reason: logger.info("waiting for the %s: %s", awaited, reason),
        )
    except TimeoutError as error:
        raise TimeoutError(f"gave up: {error}") from None


def _missing(engine: Engine, awaited: Awaited) -> str | None:
    try:
        with engine.connect() as connection:
            if awaited == "database":
                connection.execute(text("SELECT 1"))
                return None
            found = found_revision(connection)
    except DBAPIError as error:
        return str(error.orig).splitlines()[0]
    expected = expected_revision()
    return None if is_sufficient(found, expected) else f"the schema is at {found}, this code needs {expected}"


# What other roles may do in this database is exactly what is listed here. Whoever runs PostgreSQL makes the roles, such
# as CloudNativePG's managed roles: the role that migrates may own the tables and still not create roles. Rights are
# given again at every migration, so that a role may come later.
VIEW = "labelled_review"

# Not the identity columns, nor what a review is known by. A brand is never changed: what a source says of it is in
# brand_source. Nothing is deleted, and the triggers that count run with their owner's rights.
SCRAPING = (
    ("SELECT (id, slug, domain)", "brand"),
    ("INSERT (slug, name, website, sector, origin)", "brand"),
    ("SELECT, INSERT", "brand_source"),
    ("UPDATE (brand_slug, name, website, logo, source_url, read_at, parser)", "brand_source"),
    ("SELECT, INSERT", "scraped_review"),
    ("UPDATE (brand_slug, text, title, stars, reviewed_at, language, country, verified, reply)", "scraped_review"),
    ("UPDATE (source_url, read_at, parser)", "scraped_review"),
    ("SELECT, INSERT", "scrape_run"),
    (
        "UPDATE (ended_at, outcome, exit_code, pages, items, new_items, changed_items, duplicates, rejected, errors)",
        "scrape_run",
    ),
)
ANALYSIS = (("SELECT", VIEW),)


class RoleError(ValueError):
    """A role of the settings that must not be given these rights."""


def grant_roles(engine: Engine, *, scraping: str, analysis: str) -> list[str]:
    """Give the roles that exist their rights and take all others; the names of those.

    Raises:
        RoleError: both are one, or one of them is the role that owns the tables, which would lose its own rights.
    """
    if scraping and scraping == analysis:
        raise RoleError(f"the role {scraping} cannot be both the scraping's and the analysis'")
    granted = []
    with engine.begin() as connection:
        migration_lock(connection)
        for role, rights in ((scraping, SCRAPING), (analysis, ANALYSIS)):
            if role and _exists(connection, role):
                _grant(connection, role, rights)
                granted.append(role)
    return granted


def _exists(connection: Connection, role: str) -> bool:
    if connection.scalar(text("SELECT current_user")) == role:
        raise RoleError(f"the role {role} owns the tables and cannot be restricted")
    found = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    return bool(found)


def _grant(connection: Connection, role: str, rights: Sequence[tuple[str, str]]) -> None:
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    tables = ", ".join([*Base.metadata.tables, VIEW])
    connection.exec_driver_sql(f"REVOKE ALL ON {tables} FROM {name}")
    for right, table in rights:
        connection.exec_driver_sql(f"GRANT {right} ON {table} TO {name}")
