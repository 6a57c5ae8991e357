"""One connection that a run keeps, and transactions that outlast an outage of PostgreSQL."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from opine_scraping.outputs import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

PATIENCE_S = 120.0
"""How long one transaction is tried, if nobody says otherwise."""
_FIRST_PAUSE_S = 0.5  # doubled after each try
_LONGEST_PAUSE_S = 15.0
# Of a server that starts, stops, fails over or is full; of two transactions in each other's way.
_PASSING_STATES = frozenset({"25006", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03"})

_CONNECT_ARGUMENTS = {
    "application_name": "opine-scraping",
    "connect_timeout": 5,
    # A machine that fell silent is noticed within a minute, on both sides.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c timezone=UTC -c statement_timeout=60000 -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10",
}


class Session:
    """Runs transactions, again and again while PostgreSQL is away.

    Args:
        url: `postgresql+psycopg2://...`.
        patience_s: how long one transaction is tried.
        on_connect: what to do on each new connection, such as taking a lock that lasts as long as it does.
    """

    def __init__(self, url: str, patience_s: float, on_connect: Callable[[Connection], None]) -> None:
        try:
            self._url = make_url(url)
            self._engine = create_engine(self._url, poolclass=NullPool, connect_args=_CONNECT_ARGUMENTS)
        except ArgumentError as error:
            raise OutputError("the database's address is not like postgresql+psycopg2://user:...@host/name") from error
        self._patience_s = patience_s
        self._on_connect = on_connect
        self._connection: Connection | None = None

    def transaction(self, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in one transaction; it is done again where it is not certain to be committed.

        Raises:
            OutputError: PostgreSQL stayed away for too long, or refuses.
        """
        end = time.monotonic() + self._patience_s
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                connection = self._connected()
                with connection.begin():
                    return work(connection)
            except DBAPIError as error:
                self._drop()
                if not _is_passing(error):
                    raise OutputError(f"PostgreSQL at {self._address} refuses: {_said(error)}") from error
                if time.monotonic() + pause_s > end:
                    message = f"PostgreSQL at {self._address} was away for {self._patience_s:g} s: {_said(error)}"
                    raise OutputError(message) from error
                logger.warning("PostgreSQL is away, trying again", extra={"pause_s": pause_s, "error": _said(error)})
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    @property
    def _address(self) -> str:
        return f"{self._url.host or 'localhost'}:{self._url.port or 5432}/{self._url.database}"

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = self._engine.connect()
            self._connection = connection
            with connection.begin():
                self._on_connect(connection)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            # Invalid first: closing a connection that hangs would send a rollback and wait for the answer.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _is_passing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "pgcode", None)
    if state is None:
        # From the connection, not from the server; a refused login has no state either.
        return "authentication failed" not in str(error.orig)
    return error.connection_invalidated or state in _PASSING_STATES or state.startswith("08")


def _said(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
