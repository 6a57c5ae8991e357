"""What the documentation says of `POST /v1/predict`; the tests hold real answers against these models."""

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

    code: Literal["too_long", "invalid", "internal"]
    message: str


class NotScored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    error: ErrorOfText


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
    413: "too many texts, or the body is too large",
    422: "malformed; `errors` names the field",
    429: "the queue is full; `Retry-After` says when to come back",
    503: "the model is not ready",
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
    models = (PredictRequest, PredictAnswer, ProblemDetails)
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
                "requestBody": {"required": True, "content": _content("application/json", PredictRequest)},
                "responses": {
                    "200": {
                        "description": "one prediction a text, in order",
                        "content": _content("application/json", PredictAnswer),
                    },
                    **{
                        str(status): {
                            "description": description,
                            "content": _content("application/problem+json", ProblemDetails),
                        }
                        for status, description in _PROBLEMS.items()
                    },
                },
            },
        },
        "/livez": _probe("livez", "the process answers"),
        "/readyz": _probe("readyz", "the model has answered a warm-up; 503 before"),
        "/metrics": _probe("metrics", "Prometheus metrics"),
    }


def _content(media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}


def _probe(name: str, description: str) -> dict[str, Any]:
    return {"get": {"operationId": name, "summary": description, "responses": {"200": {"description": description}}}}
