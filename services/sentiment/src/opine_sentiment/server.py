"""The HTTP server of the worker, and how it ends."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from types import FrameType

    from opine_sentiment.predictor import Predictor


class DrainingServer(uvicorn.Server):
    """On SIGTERM: not ready any more, then no new connections, then what was accepted is answered, then the end.

    A second signal skips the wait between the first two.
    """

    def __init__(self, config: uvicorn.Config, predictor: Predictor, drain_s: float) -> None:
        super().__init__(config)
        self._predictor = predictor
        self._drain_s = drain_s
        self._closes_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        first = self._closes_at is None
        self._predictor.drain()
        self._closes_at = time.monotonic() + self._drain_s
        if not first or not self._drain_s:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._closes_at is not None and time.monotonic() >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._predictor.end_bulk()
        for listening in sockets or []:
            # The supervisor holds this socket too; left open, new connections would wait for nobody.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RD)
        await super().shutdown(sockets)
