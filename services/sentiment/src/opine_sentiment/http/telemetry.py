"""Request id, metrics and log line of every request, whichever application answers it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opine_telemetry import request_ids
from opine_telemetry.access import record_request
from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from opine_sentiment.predictor import Predictor

_SERVICE = "sentiment"
_FIRST_ERROR = 400


class HttpTelemetry:
    """ASGI middleware. The route is the template that Starlette's router left in the scope."""

    def __init__(self, app: ASGIApp, predictor: Predictor) -> None:
        self._app = app
        self._predictor = predictor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = request_ids.accept_request_id(Headers(scope=scope).get(request_ids.HEADER))
        request_ids.set_request_id(request_id)
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[request_ids.HEADER] = request_id
                if self._predictor.draining:
                    # The next request of this client finds another server.
                    headers["Connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            record_request(
                _SERVICE,
                route=getattr(scope.get("route"), "path", None) or None,
                method=scope["method"],
                path=scope["path"],
                status=status,
                seconds=time.perf_counter() - started,
                # Successes are counted, not logged: the page asks while one types.
                quiet=status < _FIRST_ERROR,
            )
