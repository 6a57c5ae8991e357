"""What the reviews API is asked and what it answers (docs/contracts.md), as far as the pages need it.

Unknown fields of an answer are ignored, so that the API may add some.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from opine_common.prediction import (
    Label,
    SignedPrediction,
    Stars,
    StoredPrediction,
)
from pydantic import BaseModel, ConfigDict, Field

# The API's own limit; a longer text is never predicted or stored.
MAX_TEXT_LENGTH = 20_000
# Likewise.
LONGEST_SEARCH = 200

StarCount = Literal["1", "2", "3", "4", "5"]
SortField = Literal["created_at", "stars", "score", "brand"]
Order = Literal["asc", "desc"]
RunOutcome = Literal["completed", "blocked", "failed", "interrupted"]


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True)


Item = TypeVar("Item", bound=Schema)


class Page(Schema, Generic[Item]):
    """A part of a list; no cursor: the last one."""

    items: list[Item]
    next_cursor: str | None = None


class BrandName(Schema):
    slug: str
    name: str


class ScrapedCount(Schema):
    """What one source gave on a brand."""

    source_url: str
    review_count: int
    average_stars: float | None = None


class Brand(BrandName):
    website: str | None = None
    sector: str | None = None
    demo: bool = False
    # Of the reviews written here; those of other sites are in `scraped`.
    review_count: int = 0
    average_stars: float | None = None
    scraped: list[ScrapedCount] = Field(default_factory=list)

    @property
    def scraped_count(self) -> int:
        return sum(source.review_count for source in self.scraped)


class Sector(Schema):
    sector: str
    brand_count: int


class NewReview(Schema):
    """What a person submits."""

    model_config = ConfigDict(extra="forbid")

    brand: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1)
    stars: Stars
    prediction: SignedPrediction | None = None


class Review(Schema):
    id: int
    brand: BrandName
    text: str
    stars: int
    prediction: StoredPrediction | None = None
    created_at: datetime
    demo: bool = False


class RisingBrand(Schema):
    brand: BrandName
    review_count: int
    usual_count: float


class Week(Schema):
    # Its Monday.
    week: date
    review_count: int
    average_stars: float | None = None
    average_score: float | None = None


class Trend(Schema):
    weeks: list[Week]


class Term(Schema):
    term: str
    review_count: int
    # What it contributes to a review, positive for the brand.
    mean_pull: float
    trend: Literal["rising", "falling", "steady"] | None = None

    @property
    def total_pull(self) -> float:
        return abs(self.mean_pull) * self.review_count


class Terms(Schema):
    read_count: int
    praise: list[Term]
    complaints: list[Term]


class Summary(Schema):
    brand: BrandName
    review_count: int
    average_stars: float | None = None
    stars: dict[StarCount, int]
    labels: dict[Label, int] = Field(default_factory=dict)
    corrected: int


class ScrapedReview(Schema):
    brand: BrandName
    source_url: str
    title: str | None = None
    text: str
    stars: Stars
    reviewed_at: datetime
    language: str | None = None
    verified: bool | None = None
    reply: str | None = None


class PageError(Schema):
    url: str
    reason: str


class ScrapeRun(Schema):
    run_id: str
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: RunOutcome | None = None
    pages: int
    items: int
    new_items: int
    changed_items: int
    rejected: dict[str, int]
    errors: list[PageError]


@dataclass(frozen=True, kw_only=True)
class Query:
    """Query parameters of a list; empty ones are left out."""

    cursor: str = ""

    def parameters(self, *, without: frozenset[str] = frozenset()) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value != "" and name not in without}


@dataclass(frozen=True, kw_only=True)
class ReviewQuery(Query):
    brand: str = ""
    term: str = ""
    stars: str = ""
    label: str = ""
    q: str = ""
    sort: SortField = "created_at"
    order: Order = "desc"
    limit: int = 20

    def filters(self) -> dict[str, str]:
        """Without paging, for an export of all that the filters let through."""
        return self.parameters(without=frozenset({"limit", "cursor"}))


@dataclass(frozen=True, kw_only=True)
class BrandQuery(Query):
    q: str = ""
    sector: str = ""
    limit: int = 24


@dataclass(frozen=True, kw_only=True)
class ScrapedReviewQuery(Query):
    brand: str
    limit: int = 20


class AdminSession(Schema):
    ended: bool


class ReportedReview(Schema):
    id: int
    brand_slug: str
    text: str
    stars: Stars
    reports: int
    reasons: list[str]


class HiddenReview(Schema):
    id: int
    brand_slug: str
    text: str
    stars: Stars
    hidden_at: datetime


class ModerationEvent(Schema):
    action: str
    kind: str
    target: str
    actor: str
    reason: str
    created_at: datetime


class Moderation(Schema):
    """What waits for an admin, and what was done last."""

    reported: list[ReportedReview]
    hidden: list[HiddenReview]
    unlisted_brands: list[BrandName]
    events: list[ModerationEvent]
