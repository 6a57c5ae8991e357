"""Errors as problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response
from opine_common import deadlines
from opine_common.request_ids import get_request_id
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MEDIA_TYPE = "application/problem+json"


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
    errors: list[FieldError] | None = Field(default=None, description="only where fields of the request are at fault")


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
        self.status = status
        self.detail = detail
        self.kind = kind
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        details = ProblemDetails(
            type="about:blank" if self.kind is None else f"urn:opine:problem:{self.kind}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            request_id=get_request_id(),
            errors=self.errors or None,
        )
        body = details.model_dump_json(exclude={"errors"} if not self.errors else None)
        return Response(body, self.status, self.headers, content_type=MEDIA_TYPE)


def invalid_field(field: str, message: str) -> Problem:
    return Problem(
        422,
        f"{field}: {message}",
        kind="invalid-request",
        errors=[FieldError(field=field, message=message)],
    )


def out_of_time() -> Problem:
    """What to answer when the request's deadline has passed."""
    return Problem(
        504,
        f"The time allowed for the request ran out. Try again later, or allow more by the header {deadlines.HEADER}.",
        kind="request-timeout",
        headers={"Retry-After": "5"},
    )


def from_validation(error: ValidationError) -> Problem:
    errors = [
        FieldError(
            field=".".join(str(part) for part in item["loc"]) or "body",
            message=item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    fields = ", ".join(dict.fromkeys(item.field for item in errors))
    return Problem(422, f"Not valid: {fields}. See errors.", kind="invalid-request", errors=errors)
