"""Connections to PostgreSQL that never keep a request waiting for long.

`statement_timeout` needs a live server and `connect_timeout` covers only connecting. psycopg2 lets Python do all
waiting (a wait callback); ours gives up at the current deadline. psycopg2 then closes the connection, and SQLAlchemy
replaces it.
"""

import math
import select
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg2
from opine_common.deadlines import deadline, remaining_s
from psycopg2 import extensions
from sqlalchemy import Dialect, Engine, ExceptionContext, NullPool, create_engine, event
from sqlalchemy.orm import Session

from opine_reviews.bulkhead import Bulkhead
from opine_reviews.errors import READ_ONLY_SQL_TRANSACTION, database_away, out_of_time
from opine_reviews.settings import CommandSettings

# How long a request waits for one of the connections.
_CONNECTION_S = 1.0
# How long a probe waits for PostgreSQL; the kubelet waits for the probe.
_PROBE_S = 0.5

_EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


class Database:
    """Gives out sessions, each one transaction with a time limit.

    The engine connects at first use, so the service starts while PostgreSQL is away; a broken connection is noticed
    and replaced when it is taken from the pool. Three quarters of the threads may wait for it: while it hangs, the rest
    still predicts, and refuses at once.
    """

    def __init__(self, settings: CommandSettings) -> None:
        limit_waiting()
        self._timeout_s = settings.database_timeout_s
        connections = settings.threads - max(1, settings.threads // 4)
        self._bulkhead = Bulkhead(connections, wait_s=min(_CONNECTION_S, settings.database_timeout_s))
        self.engine = make_engine(settings, connections)
        self._probe_engine = make_tool_engine(settings)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit at the end of the block, roll back on an exception.

        Raises:
            Problem: 504, the request's time is over; 503, all connections are waited for.
            sqlalchemy.exc.DBAPIError: also when connecting, waiting and committing together exceed the time limit.
        """
        if remaining_s() <= 0:
            # A wait that cannot succeed would cost a healthy connection.
            raise out_of_time()
        with (
            self._bulkhead.place(database_away),
            deadline(self._timeout_s),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def probe(self) -> Iterator[Session]:
        """For a probe or a metric: a connection of its own, so that it is answered while all others hang."""
        with deadline(_PROBE_S), Session(self._probe_engine) as session, session.begin():
            yield session


def limit_waiting() -> None:
    """Let every psycopg2 connection of this process wait no longer than the current deadline."""
    extensions.set_wait_callback(_wait)


def _wait(connection: extensions.connection) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        left_s = remaining_s()
        poller = select.poll()
        poller.register(connection.fileno(), _EVENTS[state])
        if left_s <= 0 or not poller.poll(None if math.isinf(left_s) else left_s * 1000):
            raise psycopg2.OperationalError("PostgreSQL did not answer in time")


def make_engine(settings: CommandSettings, connections: int) -> Engine:
    # Shorter than the client's deadline, so that a live server says itself that a query was too slow; the deadline is
    # for one that says nothing.
    timeout_ms = int(settings.database_timeout_s * 900)
    server_settings = {
        "timezone": "UTC",
        "statement_timeout": timeout_ms,
        "idle_in_transaction_session_timeout": 2 * timeout_ms,
    }
    engine = create_engine(
        str(settings.database_url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=settings.database_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "application_name": "opine-reviews",
            "options": " ".join(f"-c {name}={value}" for name, value in server_settings.items()),
        },
    )
    event.listen(engine, "handle_error", _leave_read_only_server)
    if next_password := settings.database_next_password.get_secret_value():
        event.listen(engine, "do_connect", partial(_connect_by_either, next_password))
    return engine


def _connect_by_either(
    next_password: str, dialect: Dialect, _record: object, arguments: list[str], options: dict[str, object]
) -> object:
    # A refused password has no SQLSTATE here and a message in the server's language.
    try:
        return dialect.connect(*arguments, **options)
    except psycopg2.OperationalError:
        return dialect.connect(*arguments, **options | {"password": next_password})


def _leave_read_only_server(context: ExceptionContext) -> None:
    """Replace all connections of the pool: they may lead to a primary that was demoted, where reading goes on."""
    if getattr(context.original_exception, "pgcode", None) == READ_ONLY_SQL_TRANSACTION:
        context.is_disconnect = True


def make_tool_engine(settings: CommandSettings) -> Engine:
    """For migrations and other commands, which may take long: no time limits but on connecting."""
    return create_engine(
        str(settings.database_url),
        poolclass=NullPool,
        connect_args={"application_name": "opine-reviews-tool", "connect_timeout": 5, "options": "-c timezone=UTC"},
    )
