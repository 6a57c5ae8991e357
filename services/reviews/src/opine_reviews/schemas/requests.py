"""What the routes of /api/v1 take."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from opine_reviews.characters import Characters, refuse_unstorable
from opine_reviews.models import Label

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Stars = Annotated[int, Field(ge=1, le=5)]
BrandSlug = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=100)]
ModelToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=64)]

# A pattern rather than only a length: a text of blanks is no review.
ReviewText = Annotated[
    str,
    Field(min_length=1, max_length=20_000, pattern=r"\S", description="counted in code points, blanks at the ends cut"),
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
    BeforeValidator(refuse_unstorable),
]


def _refuse_other_explanations(value: object) -> object:
    if not isinstance(value, bool) and value != "words":
        raise ValueError('must be false, true or "words"')
    return value


Explain = Annotated[
    Literal[False, True, "words"],
    Field(description="true: contributions a code point; `words`: contributions a word"),
    BeforeValidator(_refuse_other_explanations),
]


class Body(BaseModel):
    """A JSON body: no conversions, and a misspelt field is an error rather than ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PredictionRequest(Body):
    text: Characters = Field(min_length=1, max_length=20_000, examples=["Great shop!"])
    explain: Explain = False


class ShownModel(Body):
    name: ModelToken = Field(examples=["opine-charcnn"])
    version: ModelToken = Field(examples=["1.0.0"])


class ShownPrediction(Body):
    """The prediction that the person was shown."""

    stars: Stars
    score: float = Field(ge=0, le=1)
    label: Label
    model: ShownModel


class ReviewRequest(Body):
    brand: BrandSlug
    text: ReviewText
    stars: Stars
    prediction: ShownPrediction | None = None


class ReviewHeaders(BaseModel):
    idempotency_key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="a retry with the same key and body answers the same review",
    )
