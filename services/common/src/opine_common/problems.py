"""Requests that fail, as problem details (RFC 9457). A service turns a `Problem` into its framework's response."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from opine_common.request_ids import get_request_id, get_trace_id

MEDIA_TYPE = "application/problem+json"


def _absent_or(description: str) -> Any:  # noqa: ANN401  a field of any type
    return Field(default=None, exclude_if=lambda value: value is None, description=description)


class FieldError(BaseModel):
    """What is wrong with a field; the message goes on from its name: "q must have at most 200 characters"."""

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


def detail_of(body: bytes) -> str | None:
    """What another service's problem details say is wrong, by field where they name fields; None for any other body."""
    try:
        content = json.loads(body)
        return "; ".join(fault["message"] for fault in content.get("errors", [])) or str(content["detail"])
    except (ValueError, KeyError, AttributeError, TypeError):
        return None


def invalid_request(errors: Sequence[FieldError]) -> Problem:
    """A 422 that says of each field what is wrong with it."""
    detail = " ".join(f"{error.field} {error.message}." for error in errors)
    return Problem(422, detail, kind="invalid-request", errors=errors)


def from_validation(error: ValidationError) -> Problem:
    """A 422 that lists the fields at fault, in words for the person who filled them in."""
    found = error.errors(include_url=False)
    return invalid_request(
        [
            FieldError(field=".".join(str(part) for part in item["loc"]) or "body", message=_words(item))
            for item in found
        ]
    )


# By pydantic's types of errors; each goes on from the field's name.
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; check its spelling",
    "string_type": "must be a text",
    "string_unicode": "must be a text in Unicode",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not written as it must be",
    "too_short": "must have at least {min_length} {things}, and has {actual_length}",
    "too_long": "must have at most {max_length} {things}, and has {actual_length}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
}
_NOT_VALID = "is not written as it must be"


def _words(item: ErrorDetails) -> str:
    if item["type"] == "value_error":
        return item["msg"].removeprefix("Value error, ")
    context = item.get("ctx", {})
    if context.get("min_length") == 1:
        return "must not be empty"
    things = "characters" if isinstance(item["input"], str) else "items"
    return _WORDS.get(item["type"], _NOT_VALID).format(**context, things=things)
