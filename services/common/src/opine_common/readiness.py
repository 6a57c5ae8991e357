"""Waiting for what a program needs, such as a database or another service."""

import logging
import socket
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

_CONNECT_S = 1.0


def wait_until_ready(
    missing: Callable[[], str | None],
    *,
    timeout_s: float,
    pause_s: float,
    on_change: Callable[[str], None] = lambda _reason: None,
) -> None:
    """Ask `missing` again and again until it says None.

    Args:
        missing: what is not there yet, or None; asked at least once.
        timeout_s: after which it is given up.
        pause_s: between two questions.
        on_change: told each reason that differs from the one before, such as for a log.

    Raises:
        TimeoutError: the message is what is still missing.
    """
    ends_at = time.monotonic() + timeout_s
    told = None
    while (reason := missing()) is not None:
        if time.monotonic() >= ends_at:
            raise TimeoutError(reason)
        if reason != told:
            on_change(reason)
            told = reason
        time.sleep(pause_s)


def wait_for_network(host: str | None, port: int | None, *, timeout_s: float = 15.0) -> None:
    """Wait while packets to a service are dropped, so that no request meets a network that is not there yet.

    A pod may run for seconds before the NetworkPolicy of those whom it asks lets it through. A connection that is
    refused, or a host without a name, is an answer: whether the other service is well is not asked here.

    Args:
        host: name or address of the service; None: a Unix socket, which needs no network.
        port: its TCP port.
        timeout_s: after which it is given up with a warning, for then it is no delay but a fault.
    """
    if host is None or port is None:
        return
    ends_at = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection((host, port), timeout=_CONNECT_S).close()
        except TimeoutError:
            if time.monotonic() >= ends_at:
                logger.warning(
                    "packets are dropped: does a NetworkPolicy forbid it?", extra={"host": host, "port": port}
                )
                return
        except OSError:
            return
        else:
            return
