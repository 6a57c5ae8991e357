"""Requests and answers as they are on the wire, of both doors: BentoML's API method and the HTTP contract."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ErrorCode = Literal["too_long", "invalid", "malformed", "internal"]
Explain = bool | Literal["words"]


class PredictRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"texts": ["Quick delivery, friendly people."], "explain": "words"}},
    )

    texts: list[str]
    explain: Explain = Field(
        default=False,
        description="ask for what speaks for and against: `true` for one number a character, `words` for one a word",
    )


class WordContribution(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: int = Field(ge=0, description="its first Unicode code point in the text")
    end: int = Field(description="one past its last")
    contribution: float = Field(description="positive speaks for the brand")


class TextPrediction(BaseModel):
    model_config = ConfigDict(extra="forbid")

    score: Annotated[float, Field(ge=0, le=1, description="expected stars rescaled to [0, 1]")]
    label: Literal["bad", "average", "good"]
    stars: Annotated[int, Field(ge=1, le=5)]
    star_probabilities: Annotated[list[float], Field(min_length=5, max_length=5)]
    contributions: list[float] | None = Field(
        default=None,
        description="with `explain: true`: one number a Unicode code point; positive speaks for the brand",
    )
    words: list[WordContribution] | None = Field(
        default=None, description='with `explain: "words"`: runs without white space, in order'
    )


class TextError(BaseModel):
    """Why one text was not scored while its neighbours were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: ErrorCode = Field(description="`malformed` for bulk lines only")
    message: str


class FailedText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    error: TextError


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    version: str


class PredictResponse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: Model
    predictions: list[TextPrediction | FailedText] = Field(description="one a text, in order")


class BulkLine(BaseModel):
    """One line of a bulk request."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "Quick delivery."}})

    text: str


class FieldError(BaseModel):
    field: str
    message: str


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None
    errors: list[FieldError] | None = None
