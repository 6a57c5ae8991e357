"""The schema: its revisions, and waiting for them, or for the roles that use it.

Revisions are numbered ("0001", "0002", ...), so that code can also tell that a database is ahead of it: migrations
only expand until the code that needs the old shape is gone.
"""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Literal

from alembic.config import Config
from alembic.script import ScriptDirectory
from opine_common.readiness import wait_until_ready
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.schema import SchemaItem

logger = logging.getLogger(__name__)

Awaited = Literal["database", "roles", "schema"]

_PAUSE_S = 1.0

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


def wait_for_database(engine: Engine, awaited: Awaited, timeout_s: float, roles: Sequence[str] = ()) -> None:
    """Return once PostgreSQL answers, or also once `roles` are there, or once its schema suffices.

    Raises:
        TimeoutError: it did not in that time; the message says what is missing.
    """
    try:
        wait_until_ready(
            lambda: _missing(engine, awaited, roles),
            timeout_s=timeout_s,
            pause_s=_PAUSE_S,
            on_change=lambda reason: logger.info("waiting for the %s: %s", awaited, reason),
        )
    except TimeoutError as error:
        raise TimeoutError(f"gave up: {error}") from None


def _missing(engine: Engine, awaited: Awaited, roles: Sequence[str]) -> str | None:
    try:
        with engine.connect() as connection:
            if awaited == "database":
                connection.execute(text("SELECT 1"))
                return None
            if awaited == "roles":
                known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
                missing = [role for role in roles if role not in known]
                return f"the role {missing[0]} is not there yet" if missing else None
            found = found_revision(connection)
    except DBAPIError as error:
        return str(error.orig).splitlines()[0]
    expected = expected_revision()
    return None if is_sufficient(found, expected) else f"the schema is at {found}, this code needs {expected}"
