"""A prediction as it goes from service to service (docs/contracts.md)."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Label = Literal["bad", "average", "good"]
Abstention = Literal["language", "no_opinion"]
Stars = Annotated[int, Field(ge=1, le=5)]
Score = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 that addresses the model's artefact")]


class WordContribution(NamedTuple):
    """A run without white space, `[0, 5, 0.31]` in JSON: in a long text, names would be half of the answer."""

    start: Annotated[int, Field(ge=0, description="offset in code points")]
    end: Annotated[int, Field(ge=1, description="offset of the code point after the word")]
    contribution: Annotated[float, Field(description="positive for the brand")]


class ModelVersion(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    digest: Digest | None = Field(default=None, description="null for reviews that were stored before there was one")


class Prediction(BaseModel):
    """What the model says of one text."""

    model_config = ConfigDict(frozen=True)

    score: Score
    label: Label
    stars: Stars
    star_probabilities: list[float] = Field(min_length=5, max_length=5)
    abstention: Abstention | None = Field(
        default=None,
        description=(
            "why the text should not be judged: `language`, it is not English; `no_opinion`, it has none. "
            "Left out where there is no reason"
        ),
    )
    contributions: list[float] | None = Field(
        default=None,
        description="only with `explain: true`: one number a code point of the text, positive for the brand",
    )
    words: list[WordContribution] | None = Field(
        default=None,
        description=(
            'only with `explain: "words"`: `[start, end, contribution]` of each run of the text without white space, '
            "in order"
        ),
    )


class PredictionAnswer(BaseModel):
    """A prediction as the reviews API answers it."""

    model_config = ConfigDict(frozen=True)

    model: ModelVersion
    prediction: Prediction
    signature: str = Field(description="says that this model says this of this text; send it along with the review")


class StoredPrediction(BaseModel):
    """The part of a prediction that is sent and stored with a review."""

    model_config = ConfigDict(frozen=True)

    stars: Stars
    score: Score
    label: Label
    model: ModelVersion | None = Field(description="null for reviews that came by the routes of 2019")


class SignedPrediction(StoredPrediction):
    """A prediction on its way through a browser."""

    signature: str = Field(default="", max_length=100, description="as the prediction was answered")
    abstention: Abstention | None = Field(
        default=None, description="as the prediction was answered; with one, the review is stored without a prediction"
    )
