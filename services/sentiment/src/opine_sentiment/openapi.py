"""What the documentation says of the routes; the tests hold real answers against these models."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

_REFERENCE = "#/components/schemas/{model}"


class PredictRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"texts": ["Quick delivery, friendly people."], "explain": True}},
    )

    texts: list[str]
    explain: bool = Field(default=False, description="ask for `contributions`")


class Scored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    score: Annotated[float, Field(ge=0, le=1, description="expected stars rescaled to [0, 1]")]
    label: Literal["bad", "average", "good"]
    stars: Annotated[int, Field(ge=1, le=5)]
    star_probabilities: Annotated[list[float], Field(min_length=5, max_length=5)]
    contributions: list[float] | None = Field(
        default=None,
        description="only with `explain`: one number a Unicode code point; positive speaks for the brand",
    )


class ErrorOfText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Literal["too_long", "invalid", "malformed", "internal"] = Field(description="`malformed` for bulk lines only")
    message: str


class NotScored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    error: ErrorOfText


class BulkText(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "Quick delivery."}})

    text: str


BulkLine = Scored | NotScored


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    version: str


class PredictAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: Model
    predictions: list[Scored | NotScored] = Field(description="one a text, in order")


class FieldError(BaseModel):
    field: str
    message: str


class ProblemDetails(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    request_id: str | None
    errors: list[FieldError] | None = None


_PROBLEMS = {
    408: "the body did not arrive in time",
    413: "too many texts, or the body is too large",
    422: "malformed; `errors` names the field",
    429: "the queue is full, or the texts would be answered too late; `Retry-After` says when to come back",
    503: "the model is not ready, the service is shutting down, or too many requests are in progress",
    504: "the time allowed is over: the engine was slower than expected",
}
_BULK_PROBLEMS = (422, 503)
_TIMEOUT = {
    "name": "X-Request-Timeout",
    "in": "header",
    "description": "seconds in which the answer is worth something, such as 0.25; bounded by the service",
    "schema": {"type": "number", "exclusiveMinimum": 0},
}
_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "ask for `contributions`",
    "schema": {"type": "boolean", "default": False},
}


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Opine sentiment",
            "description": "Sentiment of texts by a character-level CNN.",
            "version": "1",
        },
        "paths": _paths(),
        "components": _components(),
    }


def _components() -> dict[str, Any]:
    """Schemas of everything that the paths refer to."""
    models = (PredictRequest, PredictAnswer, ProblemDetails, BulkText)
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template=_REFERENCE)
    return {"schemas": schema["$defs"]}


def _paths() -> dict[str, dict[str, Any]]:
    """The operations by path and method."""
    return {
        "/v1/predict": {
            "post": {
                "operationId": "predict",
                "summary": "Read the sentiment of texts",
                "description": "A text that cannot be scored fails alone, in its place.",
                "parameters": [_TIMEOUT],
                "requestBody": {"required": True, "content": _content("application/json", PredictRequest)},
                "responses": {
                    "200": {
                        "description": "one prediction a text, in order",
                        "content": _content("application/json", PredictAnswer),
                    },
                    **_problems(_PROBLEMS),
                },
            },
        },
        "/v1/predict/bulk": {
            "post": {
                "operationId": "predictBulk",
                "summary": "Read the sentiment of any number of texts",
                "description": "A text a line in, a prediction a line out, in order; a bad line is answered in its "
                "place. Read while you send: the service reads no faster than you. An answer without its last chunk "
                "was cut off; the lines that came are right.",
                "parameters": [_EXPLAIN],
                "requestBody": {"required": True, "content": _content("application/x-ndjson", BulkText)},
                "responses": {
                    "200": {
                        "description": "one line a line, in order; `X-Model-Name` and `X-Model-Version` say whose",
                        "content": {
                            "application/x-ndjson": {
                                "schema": {"oneOf": [_reference(Scored), _reference(NotScored)]},
                            }
                        },
                    },
                    **_problems(_BULK_PROBLEMS),
                },
            },
        },
        "/livez": _probe("livez", "the process answers"),
        "/readyz": _probe("readyz", "the model has answered a warm-up; 503 before"),
        "/metrics": _probe("metrics", "Prometheus metrics"),
    }


def _content(media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    return {media_type: {"schema": _reference(model)}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    content = _content("application/problem+json", ProblemDetails)
    return {str(status): {"description": _PROBLEMS[status], "content": content} for status in statuses}


def _probe(name: str, description: str) -> dict[str, Any]:
    return {"get": {"operationId": name, "summary": description, "responses": {"200": {"description": description}}}}
