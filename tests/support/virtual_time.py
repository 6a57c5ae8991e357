"""An event loop that never waits: what takes minutes is tested at once, and to the microsecond."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class VirtualSelector(selectors.SelectSelector):
    """Never waits: the clock jumps to when something is due."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = VirtualSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now

    # At once, for a thread takes its time from another clock.
    def run_in_executor(self, executor: object, function: Callable[..., T], *args: object) -> asyncio.Future[T]:
        del executor
        done: asyncio.Future[T] = self.create_future()
        done.set_result(function(*args))
        return done
