"""What the routes of /api/v1 answer."""

import datetime as dt
from typing import Literal, Self

from opine_common.prediction import Stars, StoredPrediction
from pydantic import BaseModel, Field

from opine_reviews.models import Origin, RunKind, RunOutcome


class BrandName(BaseModel):
    slug: str
    name: str


class ReviewAnswer(BaseModel):
    id: int
    brand: BrandName
    text: str
    stars: Stars
    prediction: StoredPrediction | None
    created_at: dt.datetime
    demo: bool = Field(description="invented for a demonstration; nobody's opinion")


class ReviewPage(BaseModel):
    items: list[ReviewAnswer]
    next_cursor: str | None


_SOURCE_NAMES = {"trustpilot": "Trustpilot"}


class SourceName(BaseModel):
    """A source as people call it; one that is not known here by its own name, which is in lower case."""

    key: str = Field(examples=["trustpilot"])
    name: str = Field(examples=["Trustpilot"])

    @classmethod
    def of(cls, source: str) -> Self:
        return cls(key=source, name=_SOURCE_NAMES.get(source) or source.replace("-", " ").capitalize())


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
    demo: bool = Field(description="invented for a demonstration")
    review_count: int = Field(description="reviews written here; those of `scraped` are not among them")
    average_stars: float | None = Field(description="of the reviews written here; null without")
    scraped: list[ScrapedAnswer] = Field(description="what was read elsewhere, by source")


class BrandPage(BaseModel):
    items: list[BrandAnswer]
    next_cursor: str | None


class RisingBrandAnswer(BaseModel):
    brand: BrandName
    review_count: int = Field(description="of the last seven days")
    usual_count: float = Field(description="reviews a week in the four weeks before")


class RisingBrandList(BaseModel):
    items: list[RisingBrandAnswer]


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


class TermAnswer(BaseModel):
    term: str = Field(description="a word, or two with a blank between, as `term` of the list of reviews takes it")
    review_count: int = Field(description="reviews that say it, as many as the list shows")
    mean_pull: float = Field(description="what it contributes to a review on average; positive for the brand")
    recent_count: int = Field(description="reviews of the last 28 days among them")
    trend: Literal["rising", "falling", "steady"] | None = Field(
        description="its share of the reviews of the last 28 days against that of all before; null: too few to tell"
    )


class TermsAnswer(BaseModel):
    brand: BrandName
    read_count: int = Field(description="reviews that were read for terms; a new one follows within minutes")
    praise: list[TermAnswer] = Field(
        description="strongest first, that is by how often it is said and how much it says"
    )
    complaints: list[TermAnswer]


class WeekAnswer(BaseModel):
    week: dt.date = Field(description="its Monday, in UTC")
    review_count: int
    average_stars: float
    average_score: float | None = Field(description="null if none of the reviews had a prediction")


class TrendAnswer(BaseModel):
    brand: BrandName
    weeks: list[WeekAnswer] = Field(description="oldest first; weeks without reviews are left out")


class ScrapedReviewAnswer(BaseModel):
    id: int
    brand: BrandName
    source: SourceName
    source_url: str = Field(description="the page that it was read on; no promise that it is still there")
    title: str | None
    text: str = Field(description="empty where the page shows a title and stars only")
    stars: Stars
    reviewed_at: dt.datetime = Field(description="midnight in UTC where the page gives a day")
    language: str | None
    country: str | None
    verified: bool | None = Field(description="what the source says of the reviewer's purchase; null: nothing")
    reply: str | None = Field(description="of the company")
    read_at: dt.datetime


class ScrapedReviewPage(BaseModel):
    items: list[ScrapedReviewAnswer]
    next_cursor: str | None


class PageErrorAnswer(BaseModel):
    url: str
    reason: str
    saved_copy: str | None = None


class ScrapeRunAnswer(BaseModel):
    run_id: str
    kind: RunKind
    started_at: dt.datetime
    ended_at: dt.datetime | None
    outcome: RunOutcome | None = Field(description="null while it runs, or until the next run finds it killed")
    exit_code: int | None
    pages: int
    items: int
    new_items: int
    changed_items: int = Field(description="known already and newly read with other content")
    duplicates: int
    rejected: dict[str, int] = Field(description="pages and cards that were not understood, by reason")
    errors: list[PageErrorAnswer] = Field(description="the first of them")


class ScrapeRunPage(BaseModel):
    items: list[ScrapeRunAnswer]
    next_cursor: str | None
