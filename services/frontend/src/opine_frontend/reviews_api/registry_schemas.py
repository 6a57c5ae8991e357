"""Model versions, the release plan and its history, as the reviews API answers them (docs/contracts.md)."""

from datetime import datetime
from typing import Literal

from opine_common.prediction import ModelVersion, StoredPrediction
from pydantic import Field

from opine_frontend.reviews_api.schemas import Review, Schema

Stage = Literal["shadow", "canary"]
DecisionKind = Literal["pin", "start", "advance", "promote", "rollback"]
# In JSON, as the API bounds it: a fact, or some of one thing.
Evidence = dict[str, object]


class Version(Schema):
    name: str
    version: str
    digest: str
    parent_digest: str | None = None
    artefact_bytes: int
    data_fingerprint: str | None = None
    training_run: str | None = None
    code: str | None = None
    image: str | None = None
    registered_by: str
    created_at: datetime


class VersionDetail(Version):
    # Markdown.
    card: str
    metrics: dict[str, object]


class Plan(Schema):
    """Which version answers whom; no live one: nothing was decided."""

    revision: int
    live: ModelVersion | None = None
    candidate: ModelVersion | None = None
    release: int | None = None
    stage: Stage | None = None
    # Percent of the visitors who see the candidate.
    weight: int = 0


class Release(Schema):
    id: int
    candidate: ModelVersion
    baseline: ModelVersion
    outcome: Literal["promoted", "rolled_back"] | None = None


class Finding(Schema):
    """What was last found of a release, which decided nothing."""

    kind: Literal["judgement", "rescoring"]
    actor: str
    evidence: Evidence
    found_at: datetime


class ReleaseDetail(Release):
    findings: list[Finding] = Field(default_factory=list)


class Decision(Schema):
    """An event of the history; the weight is that of the plan that it made."""

    revision: int
    kind: DecisionKind
    release: int | None = None
    live_digest: str
    stage: Stage | None = None
    weight: int
    actor: str
    evidence: Evidence
    created_at: datetime


class Bucket(Schema):
    """Reviews that kept a proposal of a version, from `since` on, and those whose author chose other stars."""

    digest: str
    since: datetime
    shown: int
    corrected: int


class Proposals(Schema):
    # By the database's clock.
    until: datetime
    items: list[Bucket]


class Flip(Schema):
    """A review to which the two versions of a release give different labels."""

    review: Review
    baseline: StoredPrediction
    candidate: StoredPrediction


class Flips(Schema):
    compared: int
    items: list[Flip] = Field(default_factory=list)
    next_cursor: str | None = None
