"""The tables. The triggers that keep the counts exact, and the view for training, are in the migrations."""

from opine_reviews.models.base import Base, Slug
from opine_reviews.models.learning import DriftMeasurement, TrainingOutcome, TrainingRun
from opine_reviews.models.moderation import (
    EndedSession,
    HiddenReview,
    ModeratedKind,
    ModerationAction,
    ModerationEvent,
    RateLimit,
    Report,
)
from opine_reviews.models.registry import (
    EventKind,
    FindingKind,
    ModelVersion,
    Release,
    ReleaseEvent,
    ReleaseFinding,
    ReleaseOutcome,
    Stage,
)
from opine_reviews.models.reviews import Brand, BrandMonth, Origin, Review
from opine_reviews.models.scraped import BrandSource, RunKind, RunOutcome, ScrapedCount, ScrapedReview, ScrapeRun
from opine_reviews.models.terms import BrandTerm, ReviewReading, ReviewTerm, TermText

__all__ = [
    "Base",
    "Brand",
    "BrandMonth",
    "BrandSource",
    "BrandTerm",
    "DriftMeasurement",
    "EndedSession",
    "EventKind",
    "FindingKind",
    "HiddenReview",
    "ModelVersion",
    "ModeratedKind",
    "ModerationAction",
    "ModerationEvent",
    "Origin",
    "RateLimit",
    "Release",
    "ReleaseEvent",
    "ReleaseFinding",
    "ReleaseOutcome",
    "Report",
    "Review",
    "ReviewReading",
    "ReviewTerm",
    "RunKind",
    "RunOutcome",
    "ScrapeRun",
    "ScrapedCount",
    "ScrapedReview",
    "Slug",
    "Stage",
    "TermText",
    "TrainingOutcome",
    "TrainingRun",
]
