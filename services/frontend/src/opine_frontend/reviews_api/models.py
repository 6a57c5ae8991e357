"""The reviews API's answers (docs/contracts.md); unknown fields are ignored, so that the API may add some."""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Label = Literal["bad", "average", "good"]
StarCount = Literal["1", "2", "3", "4", "5"]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelVersion(Answer):
    name: str
    version: str


class Word(NamedTuple):
    """A run without white space, in code points, and how much it speaks for (> 0) or against (< 0) the brand."""

    start: Annotated[int, Field(ge=0)]
    end: int
    contribution: float


class Prediction(Answer):
    score: float = Field(ge=0, le=1)
    label: Label
    stars: int = Field(ge=1, le=5)
    star_probabilities: list[float] = Field(min_length=5, max_length=5)
    words: list[Word]


class Predicted(Answer):
    model: ModelVersion
    prediction: Prediction


class ShownPrediction(Answer):
    """The part of a prediction that is sent and stored with a review."""

    stars: int = Field(ge=1, le=5)
    score: float = Field(ge=0, le=1)
    label: Label
    model: ModelVersion


class StoredPrediction(Answer):
    """As it comes back; a review from the routes of 2019 names no model."""

    stars: int
    score: float
    label: Label
    model: ModelVersion | None = None


class BrandRef(Answer):
    slug: str
    name: str


class ScrapedCount(Answer):
    """What one source gave on a brand."""

    source_url: str
    review_count: int
    average_stars: float | None = None


class Brand(BrandRef):
    website: str | None = None
    sector: str | None = None
    # Of the reviews written here; what was read elsewhere is in `scraped`.
    review_count: int = 0
    average_stars: float | None = None
    scraped: list[ScrapedCount] = Field(default_factory=list)

    @property
    def scraped_count(self) -> int:
        return sum(source.review_count for source in self.scraped)


class NewReview(BaseModel):
    """What a person submits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1)
    stars: int = Field(ge=1, le=5)
    prediction: ShownPrediction | None = None


class Review(Answer):
    id: int
    brand: BrandRef
    text: str
    stars: int
    prediction: StoredPrediction | None = None
    created_at: datetime


class Month(Answer):
    month: str
    review_count: int
    average_stars: float | None = None
    average_score: float | None = None


class Summary(Answer):
    brand: BrandRef
    review_count: int
    average_stars: float | None = None
    stars: dict[StarCount, int]
    labels: dict[Label, int] = Field(default_factory=dict)
    corrected: int
    months: list[Month]


class BrandPage(Answer):
    items: list[Brand]
    next_cursor: str | None = None


class Sector(Answer):
    sector: str
    brand_count: int


class SectorList(Answer):
    items: list[Sector]


class ReviewPage(Answer):
    items: list[Review]
    next_cursor: str | None = None
