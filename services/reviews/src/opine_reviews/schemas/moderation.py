"""What the routes of moderation take and answer."""

import datetime as dt

from opine_common.text import StorableText
from pydantic import BaseModel, ConfigDict, Field

from opine_reviews.models import ModeratedKind, ModerationAction
from opine_reviews.schemas.answers import BrandName


class ReportBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: StorableText = Field(default="", max_length=500, description="what is wrong with the review")


class ModerationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: ModerationAction
    kind: ModeratedKind
    target: StorableText = Field(
        pattern=r"^([1-9][0-9]{0,17}|[a-z0-9]+(-[a-z0-9]+)*)$",
        max_length=100,
        description="a review's id, or a brand's slug",
    )
    actor: StorableText = Field(min_length=1, max_length=100, description="who decided")
    reason: StorableText = Field(default="", max_length=500)


class ReportedReview(BaseModel):
    id: int
    brand_slug: str
    text: str
    stars: int
    reports: int
    reasons: list[str]


class HiddenReviewAnswer(BaseModel):
    id: int
    brand_slug: str
    text: str
    stars: int
    hidden_at: dt.datetime


class ModerationEventAnswer(BaseModel):
    action: ModerationAction
    kind: ModeratedKind
    target: str
    actor: str
    reason: str
    created_at: dt.datetime


class ModerationAnswer(BaseModel):
    """What waits for an admin, and what was done last; at most 100 of each."""

    reported: list[ReportedReview]
    hidden: list[HiddenReviewAnswer]
    unlisted_brands: list[BrandName]
    events: list[ModerationEventAnswer]


class SessionPath(BaseModel):
    session_id: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$", description="what the session's cookie is known by")


class SessionAnswer(BaseModel):
    ended: bool
