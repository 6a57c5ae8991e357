"""How many requests may be in progress, and for how long a client is worked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from opine_common.problems import Problem
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from opine_sentiment.http.errors import CLIENT_CLOSED_REQUEST, problem_response, unavailable
from opine_sentiment.http.request import read_body

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")


class ConcurrencyLimit:
    """A context manager around each request; one more than `limit` at a time is refused."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit = limit
        self._what = what
        self._inside = 0

    def __enter__(self) -> None:
        """Raises Problem (503) if there are too many."""
        if self._inside >= self._limit:
            raise unavailable(f"{self._inside} {self._what} are in progress; {self._limit} are allowed")
        self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside -= 1


async def cancel_on_disconnect(receive: Receive, work: Coroutine[None, None, T]) -> T:
    """The result of `work`, which is cancelled if the client hangs up. The body must have been read.

    `work` runs in the caller's task: one task less for each request than waiting for both.

    Raises:
        starlette.requests.ClientDisconnect: the client left.
    """
    # The watch may end after the work did, in the same turn of the loop: then it must cancel nothing.
    task = asyncio.current_task()
    at_work = True

    def stop_work(watch: asyncio.Task[None]) -> None:
        if at_work and task is not None and not watch.cancelled():
            task.cancel()

    leaving = asyncio.ensure_future(_disconnect(receive))
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


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class UploadLimit:
    """ASGI middleware that reads the body of one route for an application that would read any, and for ever.

    What is wrong with the upload is answered as the contract does.
    """

    def __init__(self, app: ASGIApp, path: str, limit: ConcurrencyLimit, max_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._path = path
        self._limit = limit
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The contract's routes read their own bodies; all other routes have none worth a limit.
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        try:
            with self._limit:
                unread: list[bytes] = [await read_body(Request(scope, receive), self._max_bytes, self._timeout_s)]

                async def receive_again() -> Message:
                    # The body once, and then what the server still says, such as that the client left.
                    return {"type": "http.request", "body": unread.pop()} if unread else await receive()

                await self._app(scope, receive_again, send)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        except ClientDisconnect:
            await Response(status_code=CLIENT_CLOSED_REQUEST)(scope, receive, send)
