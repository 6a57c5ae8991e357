"""The ports of this machine: free, taken, and by whom."""

import errno
import socket
from contextlib import suppress

import psutil

from opine_local.settings import PREFIX, CommandError, Settings, reason

HOST = "127.0.0.1"


def check_free(settings: Settings) -> None:
    """Refuse to start while something listens on a port that Opine needs.

    Raises:
        CommandError: names the port, who listens there as far as one may know, and the variable that takes another.
    """
    wanted = {
        "frontend_port": settings.frontend_port,
        "reviews_port": settings.reviews_port,
        "sentiment_port": settings.sentiment_port,
    }
    if settings.postgres_port:
        wanted["postgres_port"] = settings.postgres_port
    for field, port in wanted.items():
        variable = f"{PREFIX}{field.upper()}"
        if list(wanted.values()).count(port) > 1:
            raise CommandError(f"Port {port} is set for two services: choose another with {variable}.")
        if not _is_free(port):
            raise CommandError(
                f"Port {port} is taken{_holder(port)}: end that program, "
                f"or choose another port: make run {variable}={_suggestion(port)}",
            )


def any_free() -> int:
    """A free port that the system chose; another program may take it before it is used."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the services do: connections that linger after a stop do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CommandError(f"Port {port} cannot be opened ({reason(error)}): choose another port.") from None
        return True


def _suggestion(port: int) -> int:
    return next((other for other in range(port + 1, port + 50) if other < 2**16 and _is_free(other)), any_free())


def _holder(port: int) -> str:
    """Who listens there, as far as the operating system tells this account."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,)
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
