"""Waiting for PostgreSQL, or also for the schema that this code needs."""

import time
from typing import Literal

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from opine_reviews.schema import expected_revision, found_revision, is_sufficient

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)

Awaited = Literal["database", "schema"]

_PAUSE_S = 1.0


def wait_for(engine: Engine, awaited: Awaited, seconds: float) -> None:
    """Return once it is there.

    Raises:
        TimeoutError: it was not within these seconds; the message says what is missing.
    """
    ends_at = time.monotonic() + seconds
    said = None
    while (reason := _missing(engine, awaited)) is not None:
        if time.monotonic() >= ends_at:
            raise TimeoutError(f"gave up: {reason}")
        if reason != said:
            logger.info("waiting for the %s: %s", awaited, reason)
            said = reason
        time.sleep(_PAUSE_S)


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
