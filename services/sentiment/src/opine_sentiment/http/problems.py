"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from opine_telemetry.request_ids import get_request_id
from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request


CLIENT_GONE = 499
"""The status that proxies log for a client that hung up."""


class Problem(Exception):  # noqa: N818  the name of RFC 9457
    """A request that fails as a whole."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = headers

    def response(self) -> Response:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "request_id": get_request_id(),
        }
        if self.field is not None:
            body["errors"] = [{"field": self.field, "message": self.detail}]
        return Response(orjson.dumps(body), self.status, self.headers, "application/problem+json")


def unavailable(detail: str, *, retry_after: int = 1) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(retry_after)})


async def answer_problem(_request: Request, error: Exception) -> Response:
    return error.response() if isinstance(error, Problem) else _unexpected()


async def answer_http_error(_request: Request, error: Exception) -> Response:
    """Starlette's own errors, such as 405."""
    if not isinstance(error, HTTPException):
        return _unexpected()
    return Problem(HTTPStatus(error.status_code), error.detail, headers=error.headers).response()


async def answer_departure(_request: Request, _error: Exception) -> Response:
    """Nobody hears it; the status is for the metrics."""
    return Response(status_code=CLIENT_GONE)


async def answer_unexpected(_request: Request, _error: Exception) -> Response:
    """Starlette raises the error again after this answer, and the server logs it."""
    return _unexpected()


def _unexpected() -> Response:
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the service's log has the reason").response()
