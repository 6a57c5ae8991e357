"""How many requests may be in progress, and for how long a client is worked for."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from bentoml.exceptions import BentoMLException
from starlette.requests import ClientDisconnect

from opine_sentiment.http.errors import unavailable

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


class BodyLimit:
    """ASGI middleware that bounds the body of one route whose application would read any.

    Raises:
        bentoml.exceptions.BentoMLException: 413, to whoever reads on.
    """

    def __init__(self, app: ASGIApp, path: str, max_bytes: int) -> None:
        self._app = app
        self._path = path
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        read = 0

        async def receive_bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise BentoMLException(
                    f"the body is larger than {self._max_bytes} bytes; send fewer or shorter texts",
                    error_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            return message

        await self._app(scope, receive_bounded, send)
