"""What the routes of model versions, releases and trainings take and answer."""

import datetime as dt
import json
from typing import Annotated, Self

from opine_common.prediction import Digest, ModelVersion, StoredPrediction
from opine_common.text import StorableText
from pydantic import AfterValidator, BaseModel, Field, model_validator

from opine_reviews.models import EventKind, FindingKind, ReleaseOutcome, Stage, TrainingOutcome
from opine_reviews.schemas.answers import ReviewAnswer
from opine_reviews.schemas.requests import Body, Cursor, Limit, Query, Time

_MOST_EVIDENCE_BYTES = 32_768
_MOST_BUCKETS = 1000

Name = Annotated[StorableText, Field(min_length=1, max_length=100)]
Revision = Annotated[int, Field(ge=0, le=2**63 - 2, description="of the plan that the decision was made on")]
ReleaseId = Annotated[int, Field(ge=1, le=2**63 - 1)]
# Of 64 bits: who reads it calculates with it.
_Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Fact = bool | _Whole | Annotated[float, Field(allow_inf_nan=False)] | StorableText | None
Facts = dict[StorableText, Fact | dict[StorableText, Fact]]


def _bounded(evidence: Facts) -> Facts:
    if len(json.dumps(evidence)) > _MOST_EVIDENCE_BYTES:
        raise ValueError(f"is too large: as JSON it may have {_MOST_EVIDENCE_BYTES} bytes")
    return evidence


Evidence = Annotated[Facts, AfterValidator(_bounded)]


class ModelPath(BaseModel):
    digest: Digest


class ReleasePath(BaseModel):
    id: ReleaseId


class PageQuery(Query):
    limit: Limit = 20
    cursor: Cursor | None = None


class FindingPath(ReleasePath):
    kind: FindingKind


class EventQuery(PageQuery):
    release: ReleaseId | None = None


class FlipsQuery(Query):
    limit: Limit = Field(default=100, description="reviews that are compared")
    cursor: Cursor | None = None


class ProposalsQuery(Query):
    digest: list[Digest] = Field(min_length=1, max_length=10, description="of the versions that are counted")
    since: Time = Field(description="the first moment")
    until: Time | None = Field(default=None, description="the moment after the last one; default now")
    bucket_s: int | None = Field(
        default=None, ge=1, le=10**7, description="seconds of a bucket; default all of the time in one"
    )

    @model_validator(mode="after")
    def _bound_the_buckets(self) -> Self:
        if self.bucket_s is not None:
            seconds = ((self.until or dt.datetime.now(dt.UTC)) - self.since).total_seconds()
            if seconds > _MOST_BUCKETS * self.bucket_s:
                raise ValueError(f"makes more than {_MOST_BUCKETS} buckets: ask for longer ones, or for less time")
        return self


class RegisterQuery(Query):
    parent: Digest | None = Field(default=None, description="of the version that it was trained on from")
    training_run: Name | None = None
    code: Name | None = Field(default=None, description="revision of the code that trained it")
    image: StorableText | None = Field(default=None, max_length=300, description="container image that trained it")
    actor: Name = Field(default="operator", description="who registers it")


class DecisionBody(Body):
    revision: Revision
    actor: Name = "operator"
    evidence: Evidence = Field(default_factory=dict, description="what speaks for the decision; kept with it")


class FindingBody(Body):
    actor: Name = "operator"
    evidence: Evidence


class StartBody(DecisionBody):
    candidate: Digest


class PinBody(DecisionBody):
    digest: Digest


class VersionAnswer(BaseModel):
    name: str
    version: str
    digest: Digest
    parent_digest: Digest | None
    artefact_bytes: int
    data_fingerprint: str | None = Field(description="of the rows that it learned from")
    training_run: str | None
    code: str | None
    image: str | None
    registered_by: str
    created_at: dt.datetime


class VersionPage(BaseModel):
    items: list[VersionAnswer]
    next_cursor: str | None


class VersionDetail(VersionAnswer):
    card: str = Field(description="Markdown")
    metrics: dict[str, object]
    training: dict[str, object]


class ProvenanceAnswer(BaseModel):
    """Where a review's prediction comes from."""

    review: ReviewAnswer
    version: VersionDetail | None = Field(description="null: the model's version is not registered, or there was none")


class PlanAnswer(BaseModel):
    revision: int
    live: ModelVersion | None = Field(description="null: nothing was decided, each service serves what it came with")
    candidate: ModelVersion | None
    release: int | None = Field(description="id of the open release")
    stage: Stage | None
    weight: int = Field(ge=0, le=100, description="percent of the sessions that see the candidate")
    age_s: float | None = Field(description="seconds since the decision, by the database's clock; null: there was none")


class ReleaseAnswer(BaseModel):
    id: int
    candidate: ModelVersion
    baseline: ModelVersion = Field(description="the live version when the release began")
    started_at: dt.datetime
    ended_at: dt.datetime | None
    outcome: ReleaseOutcome | None = Field(description="null while it is open")


class ReleasePage(BaseModel):
    items: list[ReleaseAnswer]
    next_cursor: str | None


class ProposalsAnswer(BaseModel):
    shown: int = Field(description="reviews that were stored with this version's proposal")
    corrected: int = Field(description="those of them whose author chose other stars")


class BucketAnswer(ProposalsAnswer):
    digest: Digest
    since: dt.datetime


class CountedAnswer(BaseModel):
    """Proposals that were kept and corrected, by version and time; what is empty is left out."""

    until: dt.datetime = Field(description="end of the time, by the database's clock")
    items: list[BucketAnswer]


class FindingAnswer(BaseModel):
    """What was last found, which decided nothing."""

    kind: FindingKind
    actor: str
    evidence: dict[str, object]
    found_at: dt.datetime


class ReleaseDetail(ReleaseAnswer):
    candidate_proposals: ProposalsAnswer = Field(description="from when people saw the candidate to the end")
    baseline_proposals: ProposalsAnswer = Field(description="in the same time")
    findings: list[FindingAnswer]


class FlipAnswer(BaseModel):
    """A review to which the two versions of a release give different labels."""

    review: ReviewAnswer
    baseline: StoredPrediction
    candidate: StoredPrediction


class FlipPage(BaseModel):
    compared: int = Field(description="reviews of this page that both versions could score")
    items: list[FlipAnswer]
    next_cursor: str | None = Field(description="of older reviews")


class EventAnswer(BaseModel):
    """A decision, and the plan that it made."""

    revision: int
    kind: EventKind
    release: int | None
    live_digest: Digest
    candidate_digest: Digest | None
    stage: Stage | None
    weight: int
    actor: str
    evidence: dict[str, object]
    created_at: dt.datetime


class EventPage(BaseModel):
    items: list[EventAnswer]
    next_cursor: str | None


class TrainingPath(BaseModel):
    id: ReleaseId


class StartTrainingBody(Body):
    parent: Digest = Field(description="of the version that learns")
    actor: Name = "operator"
    evidence: Evidence = Field(default_factory=dict, description="why it is started; kept with it")


class EndTrainingBody(Body):
    outcome: TrainingOutcome
    version: Digest | None = Field(default=None, description="what was registered")
    evidence: Evidence = Field(default_factory=dict, description="what it did; kept with it")


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
