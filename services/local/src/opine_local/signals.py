"""The signals that end a run: Ctrl-C, a polite kill and a terminal that goes away."""

import asyncio
import signal
from collections.abc import Callable

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def hold() -> None:
    """Keep them waiting, so that one that comes early finds a run that can end in order."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)


def handle(stop: Callable[[], object]) -> None:
    """Let the running loop call `stop`, also for those that waited."""
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
