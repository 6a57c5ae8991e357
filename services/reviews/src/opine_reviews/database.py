"""Connections to PostgreSQL that never keep a request waiting for long."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.orm import Session

from opine_reviews.deadline import deadline, install
from opine_reviews.settings import Settings


class Database:
    """Gives out sessions, each one transaction with a time limit.

    The engine connects at first use, so the service starts while PostgreSQL is away; a broken connection is noticed
    and replaced when it is taken from the pool.
    """

    def __init__(self, settings: Settings) -> None:
        install()
        self._timeout_s = settings.database_timeout_s
        self.engine = make_engine(settings)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit at the end of the block, roll back on an exception.

        Raises:
            sqlalchemy.exc.DBAPIError: also when connecting, waiting and committing together exceed the time limit.
        """
        with deadline(self._timeout_s), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


def make_engine(settings: Settings) -> Engine:
    # Shorter than the client's deadline, so that a live server says itself that a query was too slow; the deadline is
    # for one that says nothing.
    timeout_ms = int(settings.database_timeout_s * 900)
    server_settings = {
        "timezone": "UTC",
        "statement_timeout": timeout_ms,
        "idle_in_transaction_session_timeout": 2 * timeout_ms,
    }
    return create_engine(
        str(settings.database_url),
        pool_size=settings.threads,
        max_overflow=0,
        pool_timeout=settings.database_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "application_name": "opine-reviews",
            "options": " ".join(f"-c {name}={value}" for name, value in server_settings.items()),
        },
    )


def make_tool_engine(settings: Settings) -> Engine:
    """For migrations and other commands, which may take long: no time limits but on connecting."""
    return create_engine(
        str(settings.database_url),
        poolclass=NullPool,
        connect_args={"application_name": "opine-reviews-tool", "connect_timeout": 5, "options": "-c timezone=UTC"},
    )
