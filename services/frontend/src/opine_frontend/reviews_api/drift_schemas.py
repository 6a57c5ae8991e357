"""What was measured of drift, as the reviews API answers it (docs/contracts.md)."""

from datetime import datetime
from typing import Literal

from opine_frontend.reviews_api.schemas import Schema

Source = Literal["people", "scraped"]


class Share(Schema):
    hits: int
    of: int


class DriftWord(Schema):
    """A word whose proposals are corrected, or one that speaks otherwise than before."""

    signal: Literal["misread", "turned"]
    text: str
    source: Source
    # None: in all of them.
    sector: str | None = None
    now: Share
    # None: hardly anybody said it.
    before: Share | None = None
    direction: Literal["against", "for"]
    # Of the stars that people give from those proposed, or of the mean pull.
    difference: float
    since: datetime


class SourceFigures(Schema):
    source: Source
    reviews_now: int
    reviews_before: int
    agreement_now: Share
    agreement_before: Share
    language_now: Share
    language_before: Share
    stability: dict[str, float | None]


class DriftReason(Schema):
    source: Source
    said: str


class DriftReport(Schema):
    """The time from `since` to `until` against that from `before` to `since`."""

    until: datetime
    since: datetime
    before: datetime
    figures: list[SourceFigures]
    words: list[DriftWord]


class DriftNight(Schema):
    drifted: bool


class Drift(Schema):
    drifted: bool
    reasons: list[DriftReason]
    report: DriftReport | None = None
    nights: list[DriftNight]
