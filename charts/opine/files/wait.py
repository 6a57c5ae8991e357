"""Waits for PostgreSQL, or also for the schema that this image's code needs: wait.py database|schema SECONDS."""

import sys
import time

from opine_reviews.database import make_tool_engine
from opine_reviews.schema import expected_revision, is_sufficient
from opine_reviews.settings import get_settings
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError


def missing(engine: Engine, waits_for: str) -> str | None:
    """What there is still to wait for."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            if waits_for == "database":
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError as error:
        return str(error.orig).splitlines()[0]
    expected = expected_revision()
    return None if is_sufficient(found, expected) else f"the schema is at {found}, this code needs {expected}"


def main(waits_for: str, seconds: str) -> str | None:
    ends_at = time.monotonic() + float(seconds)
    engine = make_tool_engine(get_settings())
    said = None
    while (reason := missing(engine, waits_for)) is not None:
        if time.monotonic() > ends_at:
            return f"gave up: {reason}"
        if reason != said:
            sys.stdout.write(f"waiting for the {waits_for}: {reason}\n")
            sys.stdout.flush()
            said = reason
        time.sleep(1)
    return None


sys.exit(main(*sys.argv[1:]))
