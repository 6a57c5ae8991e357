"""The reviews API's answers (docs/contracts.md); unknown fields are ignored, so that the API may add some."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Label = Literal["bad", "average", "good"]
StarCount = Literal["1", "2", "3", "4", "5"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelVersion(_Answer):
    name: str
    version: str


class Prediction(_Answer):
    score: float = Field(ge=0, le=1)
    label: Label
    stars: int = Field(ge=1, le=5)
    star_probabilities: list[float] = Field(min_length=5, max_length=5)
    contributions: list[float] | None = None


class Predicted(_Answer):
    model: ModelVersion
    prediction: Prediction


class ShownPrediction(_Answer):
    """The part of a prediction that is sent and stored with a review."""

    stars: int = Field(ge=1, le=5)
    score: float = Field(ge=0, le=1)
    label: Label
    model: ModelVersion


class StoredPrediction(_Answer):
    """As it comes back; a review from the routes of 2019 names no model."""

    stars: int
    score: float
    label: Label
    model: ModelVersion | None = None


class BrandRef(_Answer):
    slug: str
    name: str


class Brand(BrandRef):
    website: str | None = None
    sector: str | None = None
    review_count: int = 0
    average_stars: float | None = None


class NewReview(BaseModel):
    """What a person submits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1)
    stars: int = Field(ge=1, le=5)
    prediction: ShownPrediction | None = None


class Review(_Answer):
    id: int
    brand: BrandRef
    text: str
    stars: int
    prediction: StoredPrediction | None = None
    created_at: datetime


class Month(_Answer):
    month: str
    review_count: int
    average_stars: float | None = None
    average_score: float | None = None


class Summary(_Answer):
    brand: BrandRef
    review_count: int
    average_stars: float | None = None
    stars: dict[StarCount, int]
    labels: dict[Label, int] = Field(default_factory=dict)
    corrected: int
    months: list[Month]


class BrandPage(_Answer):
    items: list[Brand]
    next_cursor: str | None = None


class Sector(_Answer):
    sector: str
    brand_count: int


class SectorList(_Answer):
    items: list[Sector]


class ReviewPage(_Answer):
    items: list[Review]
    next_cursor: str | None = None
