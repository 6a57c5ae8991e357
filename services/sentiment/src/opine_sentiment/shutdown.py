"""The signal to stop, heard before the server hears it, so that load balancers notice first."""

from __future__ import annotations

import asyncio
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Shutdown:
    """Between the signal to stop and the server's reaction to it.

    uvicorn, which BentoML runs, stops accepting connections as soon as it hears the signal, and tells the application
    only when all requests are answered. This hears the signal first: `requested` is then true, and after `drain_s`
    seconds, in which new requests are still answered, the server hears it. A second signal is passed on at once.
    """

    def __init__(self) -> None:
        self.requested = False
        self.ending = False
        """The server has heard it, too."""

    def listen(self, drain_s: float) -> None:
        """Call it in the event loop of a running server."""
        if threading.current_thread() is not threading.main_thread():
            return  # signals come to the main thread only
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            # uvicorn's, which must be there already: hence in the loop of a running server.
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, partial(self._hear, loop, drain_s, handler))

    def _hear(
        self, loop: asyncio.AbstractEventLoop, drain_s: float, handler: Handler, number: int, frame: FrameType | None
    ) -> None:
        first, self.requested = not self.requested, True
        if first and drain_s:
            loop.call_soon_threadsafe(loop.call_later, drain_s, self._pass_on, handler, number, frame)
        else:
            self._pass_on(handler, number, frame)

    def _pass_on(self, handler: Handler, number: int, frame: FrameType | None) -> None:
        self.ending = True
        handler(number, frame)
