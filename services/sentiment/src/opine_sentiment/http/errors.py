"""Requests that fail as a whole, as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from opine_common.problems import MEDIA_TYPE, FieldError, Problem
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from opine_sentiment.batching.work import (
    ClosedError,
    EngineBrokenError,
    ExpiredError,
    OverloadedError,
    RejectedError,
)
from opine_sentiment.predictor import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import ExceptionHandler

CLIENT_CLOSED_REQUEST = 499
"""The status that proxies log for a client that hung up."""


def malformed(field: str, what: str) -> Problem:
    """A 422 that names the field at fault."""
    detail = f"{field} {what}"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=[FieldError(field=field, message=detail)])


def unavailable(detail: str) -> Problem:
    """A 503 with `Retry-After: 1`."""
    # A second: another pod can answer at once, and this one says nothing of when it will.
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})


def rejected(error: RejectedError, texts: int) -> Problem:
    """What a caller is told whose texts are not computed."""
    match error:
        case OverloadedError(reason="queue_full"):
            detail = f"the queue is full: it has no room for {texts} more"
        case OverloadedError():
            # At least a millisecond: "0.000 s too late" would read like a mistake.
            detail = f"the answer would come {max(error.wait_s, 0.001):.3f} s too late"
        case ExpiredError():
            return Problem(
                HTTPStatus.GATEWAY_TIMEOUT,
                "the engine was slower than expected and the time allowed is over",
                headers={"Retry-After": "1"},
            )
        case NotReadyError():
            return unavailable("the model has not answered its warm-up yet")
        case EngineBrokenError():
            return unavailable("the engine is broken; the service's log has the reason")
        case ClosedError():
            return unavailable("the service is shutting down")
        case _:
            raise error
    # 429 and not 503: it is the amount that was asked for, and proxies take 503 for a pod that is down.
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(error.retry_after)})


def problem_response(problem: Problem) -> Response:
    """A problem as an answer, `application/problem+json`."""
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


async def _answer_problem(_request: Request, error: Exception) -> Response:
    return problem_response(error) if isinstance(error, Problem) else _unexpected()


async def _answer_http_error(_request: Request, error: Exception) -> Response:
    """Starlette's own errors, such as 405."""
    if not isinstance(error, HTTPException):
        return _unexpected()
    return problem_response(Problem(error.status_code, error.detail, headers=error.headers))


async def _answer_disconnect(_request: Request, _error: Exception) -> Response:
    """Nobody hears it; the status is for the metrics."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _answer_unexpected(_request: Request, _error: Exception) -> Response:
    """Starlette raises the error again after this answer, and the server logs it."""
    return _unexpected()


def _unexpected() -> Response:
    return problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the service's log has the reason"))


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = {
    Problem: _answer_problem,
    HTTPException: _answer_http_error,
    ClientDisconnect: _answer_disconnect,
    Exception: _answer_unexpected,
}
