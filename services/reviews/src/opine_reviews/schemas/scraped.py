"""What the routes of scraped reviews and of their runs take and answer."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from opine_reviews.schemas.answers import BrandName, SourceName
from opine_reviews.schemas.queries import Cursor, Limit, Query
from opine_reviews.schemas.requests import SLUG_PATTERN, BrandSlug, Stars
from opine_reviews.scraped.models import RunKind, RunOutcome

Source = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=50)]


class ScrapedReviewFilters(Query):
    brand: BrandSlug | None = None
    stars: Stars | None = None
    source: Source | None = Field(default=None, description="such as `trustpilot`")


class ScrapedReviewQuery(ScrapedReviewFilters):
    limit: Limit = 20
    cursor: Cursor | None = None


class ScrapeRunQuery(Query):
    kind: RunKind | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


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
