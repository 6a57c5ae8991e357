"""Reading JSON bodies of the frontend's own routes."""

from typing import TypeVar

import pydantic
from flask import Response, jsonify, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from opine_frontend.advice import Advice

# 20,000 characters of four bytes each, with room for JSON's escapes.
LARGEST_BODY_BYTES = 256 * 1024

Body = TypeVar("Body", bound=pydantic.BaseModel)


def read_body(kind: type[Body]) -> Body:
    """Parse the request's body.

    Only `application/json` is read: a form on another site cannot send it without asking first (CORS).
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    if request.content_length is None or request.content_length > LARGEST_BODY_BYTES:
        raise RequestEntityTooLarge
    try:
        return kind.model_validate_json(request.get_data(cache=False))
    except pydantic.ValidationError as error:
        raise BadRequest from error


def refusal(advice: Advice) -> Response:
    answer = jsonify(advice.as_json())
    answer.status_code = advice.status
    if advice.retry_after_s is not None:
        answer.headers["Retry-After"] = str(advice.retry_after_s)
    return answer
