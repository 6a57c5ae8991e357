"""What was measured of drift, as it is stored and answered: counts and words, no texts and nobody's name."""

import datetime as dt
from typing import Literal

from opine_common.prediction import Digest
from pydantic import BaseModel, Field

Source = Literal["people", "scraped"]
Signal = Literal["misread", "agreement", "language", "score", "label", "length"]
Figure = Literal["score", "label", "length"]


class ShareAnswer(BaseModel):
    hits: int
    of: int


class DriftWord(BaseModel):
    """A word that speaks otherwise than before (`turned`), or whose proposals are corrected (`misread`)."""

    signal: Literal["misread", "turned"]
    text: str
    source: Source
    sector: str | None = Field(description="where it is surest; null: in all of them together")
    now: ShareAnswer = Field(
        description="observations with it: how often the proposal was corrected, or it spoke in the direction"
    )
    before: ShareAnswer | None = Field(description="null: hardly anybody said it")
    direction: Literal["against", "for"] = Field(
        description="turned: it speaks there more often, or less; misread: people correct the stars to there"
    )
    difference: float = Field(
        description="turned: of its mean pull; misread: stars given above those proposed, on average"
    )
    since: dt.datetime
    p_value: float


class SourceFigures(BaseModel):
    """Of the reviews of one source, one observation a client and day."""

    source: Source
    reviews_now: int = Field(description="that were read; of very many a part")
    reviews_before: int
    agreement_now: ShareAnswer = Field(
        description="proposals that were kept: of people's reviews those that were shown, now the live version's; of "
        "scraped ones what the live version would propose"
    )
    agreement_before: ShareAnswer
    language_now: ShareAnswer = Field(description="texts that are not English")
    language_before: ShareAnswer
    stability: dict[Figure, float | None] = Field(
        description="population stability index of the model's scores and labels, and of the lengths of texts; null: "
        "too few"
    )


class DriftReason(BaseModel):
    signal: Signal
    source: Source
    said: str = Field(description="a sentence")
    words: list[str] = Field(description="surest first; of `misread` only")


class DriftReport(BaseModel):
    """What one night found: the reviews from `since` to `until` against those from `before` to `since`."""

    until: dt.datetime
    since: dt.datetime
    before: dt.datetime
    model_digest: Digest | None = Field(description="of the version that read them; null: there was nothing to read")
    drifted: bool
    reasons: list[DriftReason]
    figures: list[SourceFigures]
    words: list[DriftWord]


class DriftNight(BaseModel):
    """An earlier report in short."""

    until: dt.datetime
    drifted: bool
    agreement: ShareAnswer = Field(description="of people's reviews")
    words: list[str] = Field(description="misread ones")


class DriftAnswer(BaseModel):
    """Whether the live version still reads what people write. This is what a training may be started on."""

    drifted: bool = Field(description="by the last report; false without one")
    reasons: list[DriftReason]
    report: DriftReport | None = Field(description="the last one; null: nothing was measured yet")
    nights: list[DriftNight] = Field(description="the last 30 reports, newest first")
