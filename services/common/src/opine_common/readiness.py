"""Waiting for what a program needs, such as a database or another service."""

import time
from collections.abc import Callable


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
