"""What the documentation says of the contract's routes; the tests hold real answers against these models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opine_common.problems import MEDIA_TYPE, ProblemDetails
from pydantic.json_schema import models_json_schema

from opine_sentiment.schemas import (
    BulkLine,
    PredictRequest,
    PredictResponse,
    TextPrediction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

# By hand, from the models: Starlette describes no routes, and BentoML's document has its own methods only.
_REFERENCE = "#/components/schemas/{model}"
_PROBLEMS = {
    404: "a version that is not loaded here, or for an artefact not the shipped one",
    408: "the body did not arrive in time",
    413: "too many texts, or the body is too large",
    422: "malformed; `errors` names the field",
    429: "the queue is full, or the texts would be answered too late; `Retry-After` says when to come back",
    503: "the model is not ready, the service is shutting down, or too many requests are in progress",
    504: "the time allowed is over: the engine was slower than expected",
}
# A bulk request is never too large or too late; what is wrong with a line is answered in its place.
_BULK_PROBLEMS = (404, 422, 503)
_TIMEOUT = {
    "name": "X-Request-Timeout",
    "in": "header",
    "description": "seconds in which the answer is worth something, such as 0.25; bounded by the service",
    "schema": {"type": "number", "exclusiveMinimum": 0},
}
_SESSION = {
    "name": "X-Session-ID",
    "in": "header",
    "description": "whose answers come from one version; without it the live one answers",
    "schema": {"type": "string"},
}
_DIGEST = {
    "name": "X-Model-Digest",
    "in": "header",
    "description": "a loaded version that is insisted on",
    "schema": {"type": "string"},
}
_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "ask for `contributions` (`true`) or `words`",
    "schema": {"enum": [True, False, "words"], "default": False},
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
    models = (PredictRequest, PredictResponse, ProblemDetails, BulkLine)
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
                "parameters": [_TIMEOUT, _SESSION, _DIGEST],
                "requestBody": {"required": True, "content": _content("application/json", PredictRequest)},
                "responses": {
                    "200": {
                        "description": "one prediction a text, in order",
                        "content": _content("application/json", PredictResponse),
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
                "parameters": [_EXPLAIN, _DIGEST],
                "requestBody": {"required": True, "content": _content("application/x-ndjson", BulkLine)},
                "responses": {
                    "200": {
                        "description": "one line a line, in order; `X-Model-Name`, `-Version` and `-Digest` say whose",
                        "content": {
                            "application/x-ndjson": {
                                "schema": _reference(TextPrediction),
                            }
                        },
                    },
                    **_problems(_BULK_PROBLEMS),
                },
            },
        },
        "/v1/models": {
            "get": {
                "operationId": "models",
                "summary": "The versions that are loaded here, and those that were refused",
                "responses": {"200": {"description": "live, candidate, weight, revision, source and refusals"}},
            }
        },
        "/v1/models/{digest}/artefact": {
            "get": {
                "operationId": "artefact",
                "summary": "The shipped model as one file, while it is live",
                "parameters": [{"name": "digest", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {"description": "the artefact", "content": {"application/x-tar": {}}},
                    **_problems((404,)),
                },
            }
        },
        "/metrics": {"get": {"operationId": "metrics", "responses": {"200": {"description": "Prometheus metrics"}}}},
    }


def _content(media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    return {media_type: {"schema": _reference(model)}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    content = _content(MEDIA_TYPE, ProblemDetails)
    return {str(status): {"description": _PROBLEMS[status], "content": content} for status in statuses}
