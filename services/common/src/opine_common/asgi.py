"""Request ids, access log and metrics for an ASGI application, whichever part of it answers."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_common import request_ids
from opine_common.http_metrics import record_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from typing import Any

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ID_HEADER = request_ids.HEADER.lower().encode()
_TRACE_HEADER = request_ids.TRACE_HEADER.encode()
_FIRST_ERROR = 400


class RequestTelemetry:
    """ASGI middleware. The route is the template that Starlette's router left in the scope.

    Args:
        app: the application.
        service: its name in metrics.
        closing: says whether answers should close their connection: the client's next request then finds another
            server, which is wanted as soon as this one is told to stop.
    """

    def __init__(self, app: Application, service: str, closing: Callable[[], bool] = lambda: False) -> None:
        self._app = app
        self._service = service
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = scope["headers"]
        request_id = request_ids.begin_request(_first(headers, _ID_HEADER), _first(headers, _TRACE_HEADER))
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_ID_HEADER, request_id.encode())]
                if self._closing():
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            # Also when the application raised: the server answers 500 then, and the request counts.
            record_request(
                self._service,
                route=getattr(scope.get("route"), "path", None) or None,
                method=scope["method"],
                path=scope["path"],
                status=status,
                seconds=time.perf_counter() - started,
                # Successes are counted, not logged: the page asks while one types. Nor are refusals for want of room: a
                # line costs half as much again as the refusal, when there is no time for it.
                quiet=status < _FIRST_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS,
            )


def _first(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name == wanted), None)
