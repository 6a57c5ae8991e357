"""What the routes of /api/v1 answer."""

import datetime as dt
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

from opine_reviews.models import Label, Origin
from opine_reviews.schemas.requests import Stars

Score = Annotated[float, Field(ge=0, le=1)]


class ModelAnswer(BaseModel):
    name: str
    version: str


class WordAnswer(NamedTuple):
    """`[start, end, contribution]` in JSON: a long text has a thousand words, and their names would be half of it."""

    start: Annotated[int, Field(ge=0, description="offset in code points")]
    end: Annotated[int, Field(ge=1, description="offset of the code point after the word")]
    contribution: Annotated[float, Field(description="positive for the brand")]


class PredictionAnswer(BaseModel):
    score: Score
    label: Label
    stars: Stars
    star_probabilities: list[float]
    contributions: list[float] | None = Field(
        default=None,
        description="only with `explain: true`: one number a code point of the text, positive for the brand",
    )
    words: list[WordAnswer] | None = Field(
        default=None,
        description=(
            'only with `explain: "words"`: `[start, end, contribution]` of each run of the text without white space, '
            "in order"
        ),
    )


class PredictionsAnswer(BaseModel):
    model: ModelAnswer
    prediction: PredictionAnswer


class BrandName(BaseModel):
    slug: str
    name: str


class StoredPrediction(BaseModel):
    stars: Stars
    score: Score
    label: Label
    model: ModelAnswer | None = Field(description="null for reviews that came by the routes of 2019")


class ReviewAnswer(BaseModel):
    id: int
    brand: BrandName
    text: str
    stars: Stars
    prediction: StoredPrediction | None
    created_at: dt.datetime


class ReviewPage(BaseModel):
    items: list[ReviewAnswer]
    next_cursor: str | None


class SourceName(BaseModel):
    key: str = Field(examples=["trustpilot"])
    name: str = Field(examples=["Trustpilot"])


class ScrapedAnswer(BaseModel):
    """Reviews of a brand that were read at one source."""

    source: SourceName
    source_url: str = Field(description="the brand's page there")
    review_count: int
    average_stars: float | None = Field(description="null without reviews")


class BrandAnswer(BaseModel):
    slug: str
    name: str
    website: str | None
    sector: str | None
    origin: Origin = Field(description="what brought the brand here")
    review_count: int = Field(description="reviews written here; those of `scraped` are not among them")
    average_stars: float | None = Field(description="of the reviews written here; null without")
    scraped: list[ScrapedAnswer] = Field(description="what was read elsewhere, by source")


class BrandPage(BaseModel):
    items: list[BrandAnswer]
    next_cursor: str | None


class SectorAnswer(BaseModel):
    sector: str
    brand_count: int


class SectorList(BaseModel):
    items: list[SectorAnswer]


class MonthAnswer(BaseModel):
    month: str = Field(pattern=r"^\d{4}-\d{2}$", description="in UTC")
    review_count: int
    average_stars: float
    average_score: float | None = Field(description="null if none of the reviews had a prediction")


class LabelCounts(BaseModel):
    bad: int
    average: int
    good: int


class SummaryAnswer(BaseModel):
    brand: BrandName
    review_count: int
    average_stars: float | None
    stars: dict[Literal["1", "2", "3", "4", "5"], int]
    labels: LabelCounts = Field(description="labels of the predictions that were shown")
    corrected: int = Field(description="reviews whose author chose other stars than were proposed")
    months: list[MonthAnswer] = Field(description="oldest first; months without reviews are left out")
