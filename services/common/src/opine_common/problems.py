"""Requests that fail, as problem details (RFC 9457). A service turns a `Problem` into its framework's response."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opine_common.request_ids import get_request_id, get_trace_id

MEDIA_TYPE = "application/problem+json"


def _absent_or(description: str) -> Any:  # noqa: ANN401  a field of any type
    return Field(default=None, exclude_if=lambda value: value is None, description=description)


class FieldError(BaseModel):
    field: str
    message: str


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="`about:blank`, or a URN that names the kind of problem")
    title: str
    status: int
    detail: str
    request_id: str | None
    trace_id: str | None = _absent_or("only where the request came with a `traceparent`, or spans are sent")
    errors: list[FieldError] | None = _absent_or("only where fields of the request are at fault")


class Problem(Exception):  # noqa: N818  it is called a problem in the RFC
    """Ends a request with a problem answer.

    Args:
        status: HTTP status.
        detail: what is wrong and what the caller can do.
        kind: name of the kind of problem; it becomes `type`. None where the status says it all.
        errors: which fields are at fault.
        headers: further headers, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.kind = kind
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self) -> str:
        """The answer's JSON, with the ids of the current request."""
        details = ProblemDetails(
            type="about:blank" if self.kind is None else f"urn:opine:problem:{self.kind}",
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            request_id=get_request_id(),
            trace_id=get_trace_id(),
            errors=self.errors or None,
        )
        return details.model_dump_json()


def from_validation(error: ValidationError) -> Problem:
    """A 422 that lists the fields at fault."""
    errors = [
        FieldError(
            field=".".join(str(part) for part in item["loc"]) or "body",
            message=item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    fields = ", ".join(dict.fromkeys(item.field for item in errors))
    return Problem(422, f"Not valid: {fields}. See errors.", kind="invalid-request", errors=errors)
