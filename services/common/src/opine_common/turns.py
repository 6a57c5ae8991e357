"""A path's share of the threads, waited for without a thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Lets so many requests for one path into threads at a time; the others wait in the event loop.

    Who has waited in vain is let through all the same, for the application to refuse in its own words, and those after
    it at once until a turn is free: their callers would only wait as well.

    Args:
        count: how many.
        wait_s: how long a request waits for its turn.
    """

    def __init__(self, count: int, *, wait_s: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._wait_s = wait_s
        self._jammed = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(0 if self._jammed else self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            self._jammed = True
            yield
            return
        self._jammed = False
        try:
            yield
        finally:
            self._free.release()
