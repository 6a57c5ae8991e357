"""What the routes of trainings take and answer."""

import datetime as dt
from typing import Annotated

from opine_common.prediction import Digest
from pydantic import AfterValidator, BaseModel, Field

from opine_reviews.models import TrainingOutcome
from opine_reviews.schemas.registry import Evidence, Name, ReleaseId, bounded
from opine_reviews.schemas.requests import Body

_Evidence = Annotated[Evidence, AfterValidator(bounded)]


class TrainingPath(BaseModel):
    id: ReleaseId


class StartTrainingBody(Body):
    parent: Digest = Field(description="of the version that learns")
    actor: Name = "operator"
    evidence: _Evidence = Field(default_factory=dict, description="why it is started; kept with it")


class EndTrainingBody(Body):
    outcome: TrainingOutcome
    version: Digest | None = Field(default=None, description="what was registered")
    evidence: _Evidence = Field(default_factory=dict, description="what it did; kept with it")


class TrainingAnswer(BaseModel):
    id: int
    parent_digest: Digest
    actor: str = Field(description="who started it")
    evidence: dict[str, object] = Field(description="why")
    started_at: dt.datetime
    ended_at: dt.datetime | None
    outcome: TrainingOutcome | None = Field(description="null while it is on")
    version_digest: Digest | None = Field(description="of the version that it registered")
    result: dict[str, object] | None = Field(description="what it did, or why it ended")


class TrainingPage(BaseModel):
    items: list[TrainingAnswer]
    next_cursor: str | None
