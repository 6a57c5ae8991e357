"""Requests and answers as they are on the wire, of both doors: BentoML's API method and the HTTP contract."""

from typing import Annotated, Any, Literal, Self

from opine_common.prediction import Abstention, Digest, Label, WordContribution
from pydantic import BaseModel, ConfigDict, Field, model_validator

ErrorCode = Literal["too_long", "invalid", "malformed", "internal"]
Explain = bool | Literal["words"]


# What was not asked for is left out: BentoML's clients read no null where an array may be.
_ABSENT: Any = Field(default=None, exclude_if=lambda value: value is None)


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


class TextError(BaseModel):
    """Why one text was not scored while its neighbours were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: ErrorCode = Field(description="`malformed` for bulk lines only")
    message: str


class TextPrediction(BaseModel):
    """A prediction, or why there is none: one class, for BentoML's clients know no unions."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [{"required": ["score", "label", "stars", "star_probabilities"]}, {"required": ["error"]}]
        },
    )

    score: Annotated[
        float | None, Field(ge=0, le=1, description="expected stars rescaled to [0, 1], never against label and stars")
    ] = _ABSENT
    label: Label | None = _ABSENT
    stars: Annotated[int | None, Field(ge=1, le=5)] = _ABSENT
    star_probabilities: Annotated[list[float] | None, Field(min_length=5, max_length=5)] = _ABSENT
    abstention: Annotated[
        Abstention | None,
        Field(description="why the text should not be judged: it is not English, or has no opinion; else left out"),
    ] = _ABSENT
    contributions: Annotated[
        list[float] | None,
        Field(description="with `explain: true`: one number a Unicode code point; positive speaks for the brand"),
    ] = _ABSENT
    words: Annotated[
        list[WordContribution] | None,
        Field(description='with `explain: "words"`: start, end and contribution of each run without white space'),
    ] = _ABSENT
    error: TextError | None = _ABSENT

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        scored = (self.score, self.label, self.stars, self.star_probabilities)
        if any(value is None for value in scored) if self.error is None else any(value is not None for value in scored):
            raise ValueError("either a whole prediction or an error")
        return self


class Model(BaseModel):
    """The version that a prediction came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    digest: Digest


class PredictResponse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: Model
    predictions: list[TextPrediction] = Field(description="one a text, in order")


class BulkLine(BaseModel):
    """One line of a bulk request."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "Quick delivery."}})

    text: str
