"""A time limit on waiting for PostgreSQL that holds even when the server has stopped answering.

`statement_timeout` needs a live server and `connect_timeout` covers only connecting. psycopg2 lets Python do all
waiting (a wait callback); this one gives up when the current block's time is over. psycopg2 then closes the
connection, and SQLAlchemy replaces it.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg2
from psycopg2 import extensions

_ends_at: ContextVar[float | None] = ContextVar("opine_reviews_database_deadline", default=None)

_EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit the waiting for PostgreSQL in this block to `seconds` in total."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def install() -> None:
    """Let every psycopg2 connection of this process wait here. Outside a `deadline` block waiting is unlimited."""
    extensions.set_wait_callback(_wait)


def _wait(connection: extensions.connection) -> None:
    ends_at = _ends_at.get()
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), _EVENTS[state])
        if ends_at is None:
            poller.poll()
            continue
        left_ms = (ends_at - time.monotonic()) * 1000
        if left_ms <= 0 or not poller.poll(left_ms):
            raise psycopg2.OperationalError("PostgreSQL did not answer in time")
