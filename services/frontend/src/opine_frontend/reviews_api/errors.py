"""What can go wrong between the frontend and the reviews API, as types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus


class ReviewsApiError(Exception):
    """Any call of the reviews API that brought no usable answer."""


class UnreachableError(ReviewsApiError):
    """No answer: connection refused, name unknown or timed out. A write may have happened all the same."""


class UnexpectedAnswerError(ReviewsApiError):
    """An answer that breaks the contract."""


@dataclass(frozen=True)
class FieldError:
    field: str
    message: str


class Problem(ReviewsApiError):  # noqa: N818  the name in RFC 9457
    """The API's own refusal, from its problem details (RFC 9457)."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        detail: str = "",
        errors: tuple[FieldError, ...] = (),
        retry_after_s: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.request_id = request_id


class Invalid(Problem):
    """400, 413 or 422: the same request will be refused again."""


class Forbidden(Problem):
    """401 or 403: the token is missing or wrong."""


class NotFound(Problem):
    """404."""


class Busy(Problem):
    """429 or 503: worth another try later."""


class TimedOut(Busy):
    """504: the API could not do it in the time that it was given."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    413: Invalid,
    422: Invalid,
    429: Busy,
    503: Busy,
    504: TimedOut,
}


def problem_from(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """Read problem details; a body that is none still gives a Problem, from its status."""
    fields = _json_object(body)
    kind = _BY_STATUS.get(status, Problem)
    return kind(
        status,
        _text(fields.get("title")) or _phrase(status),
        detail=_text(fields.get("detail")),
        errors=_field_errors(fields.get("errors")),
        retry_after_s=_seconds(headers.get("Retry-After")),
        request_id=_text(fields.get("request_id")) or headers.get("X-Request-ID"),
    )


def _json_object(body: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _field_errors(value: object) -> tuple[FieldError, ...]:
    if not isinstance(value, list):
        return ()
    entries = [entry for entry in value if isinstance(entry, dict)]
    return tuple(FieldError(_text(entry.get("field")), _text(entry.get("message"))) for entry in entries)


def _seconds(header: str | None) -> int | None:
    """Retry-After in seconds; its date form is not used by the API and is left out."""
    return int(header) if header is not None and header.isascii() and header.isdigit() else None
