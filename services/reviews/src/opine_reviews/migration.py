"""Changing the schema while others use it.

Whoever waits for a lock on a table makes everybody queue behind it, readers too. So a migration waits shortly, lets
the queue pass, and tries again; what it finished stays, because each revision is a transaction of its own.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from opine_reviews.schema import alembic_config, expected_revision, is_sufficient

logger = logging.getLogger(__name__)

# Shorter than the API's patience with a statement (3.6 s), which may be queued behind; longer than PostgreSQL's
# deadlock_timeout (1 s), after which it ends an autovacuum that stands in the way.
_LOCK_TIMEOUT_MS = 1500
_LONGEST_PAUSE_S = 10.0
_PATIENCE_S = 600.0
_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"

_MIGRATION_LOCK = 0x6F70696E65
_POLL_S = 0.5

_OLDEST_TRANSACTIONS = text("""
    SELECT pid, application_name AS application, state, round(extract(epoch FROM now() - xact_start))::int AS seconds
    FROM pg_stat_activity
    WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ORDER BY xact_start LIMIT 3
""")


def upgrade(engine: Engine, revision: str = "head") -> bool:
    """Apply all revisions up to `revision`; False if the schema is newer than this code, which leaves it as it is.

    Raises:
        sqlalchemy.exc.DBAPIError: also if a lock was not to be had for ten minutes. Finished revisions stay.
    """
    with migration_lock(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        expected = expected_revision()
        if is_sufficient(found, expected) and found != expected:
            logger.info(
                "the schema is newer than this code: it is left as it is", extra={"found": found, "expected": expected}
            )
            return False
        _try_until_unlocked(engine, lambda: command.upgrade(alembic_config(connection), revision))
        return True


def downgrade(engine: Engine, revision: str) -> None:
    with migration_lock(engine) as connection:
        _try_until_unlocked(engine, lambda: command.downgrade(alembic_config(connection), revision))


@contextmanager
def migration_lock(engine: Engine) -> Iterator[Connection]:
    """A connection that keeps other migrations waiting until the end of the block."""
    with engine.connect() as connection:
        # Asked for again and again: who waits for it in PostgreSQL is in a transaction, for whose end another
        # migration's CREATE INDEX CONCURRENTLY would wait.
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _MIGRATION_LOCK}):
            connection.rollback()
            time.sleep(_POLL_S)
        connection.rollback()
        event.listen(connection, "begin", _limit_lock_waits)
        try:
            yield connection
        finally:
            # Ends the lock, too.
            connection.invalidate()


def _limit_lock_waits(connection: Connection) -> None:
    # Not outside transactions: building an index concurrently takes long and stands in nobody's way.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_MS}ms'")


def _try_until_unlocked(engine: Engine, step: Callable[[], object]) -> None:
    ends_at = time.monotonic() + _PATIENCE_S
    pause_s = 1.0
    while True:
        try:
            step()
        except DBAPIError as error:
            locked = getattr(error.orig, "pgcode", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}
            if not locked or time.monotonic() > ends_at:
                raise
            logger.warning(
                "a table is locked; trying again",
                extra={"seconds": pause_s, "oldest_transactions": _oldest_transactions(engine)},
            )
        else:
            return
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _oldest_transactions(engine: Engine) -> list[dict[str, object]]:
    """One of them holds the lock."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(_OLDEST_TRANSACTIONS).mappings()]
