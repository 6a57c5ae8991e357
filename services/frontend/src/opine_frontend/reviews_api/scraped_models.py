"""The reviews API's answers on what was read elsewhere, and on the runs that read it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from opine_frontend.reviews_api.models import Answer, BrandRef

RunOutcome = Literal["completed", "blocked", "failed", "interrupted"]


class ScrapedReview(Answer):
    brand: BrandRef
    source_url: str
    title: str | None = None
    text: str
    stars: int = Field(ge=1, le=5)
    reviewed_at: datetime
    language: str | None = None
    verified: bool | None = None
    reply: str | None = None


class ScrapedReviewPage(Answer):
    items: list[ScrapedReview]
    next_cursor: str | None = None


class PageError(Answer):
    url: str
    reason: str


class ScrapeRun(Answer):
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


class ScrapeRunPage(Answer):
    items: list[ScrapeRun]
    next_cursor: str | None = None
