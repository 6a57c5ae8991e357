"""Work for a client that may leave before it is done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Receive

T = TypeVar("T")


async def unless_client_leaves(receive: Receive, work: Coroutine[None, None, T]) -> T:
    """The result of `work`, which is cancelled if the client hangs up. The body must have been read.

    `work` runs in the caller's task: one task less for each request than waiting for both.

    Raises:
        starlette.requests.ClientDisconnect: the client left.
    """
    task = asyncio.current_task()
    at_work = True

    def stop_work(watch: asyncio.Task[None]) -> None:
        if at_work and task is not None and not watch.cancelled():
            task.cancel()

    leaving = asyncio.ensure_future(_departure(receive))
    leaving.add_done_callback(stop_work)
    try:
        return await work
    except asyncio.CancelledError:
        # Another's cancellation is passed on; this one was ours.
        if task is None or not leaving.done() or leaving.cancelled() or task.uncancel():
            raise
        raise ClientDisconnect from None
    finally:
        at_work = False
        leaving.cancel()


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
