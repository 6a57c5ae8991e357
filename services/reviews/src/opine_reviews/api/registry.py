"""Routes of model versions, the release plan and the decisions that change it."""

import datetime as dt
from collections.abc import Callable

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from opine_common.prediction import ModelVersion as VersionName
from opine_common.problems import Problem
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from opine_reviews import registry
from opine_reviews.api.openapi import EITHER_TOKEN, REGISTRY_TOKEN, json_answer, problems
from opine_reviews.api.reviews import review_answer
from opine_reviews.artefacts import read_artefact
from opine_reviews.dependencies import dependencies
from opine_reviews.models import Brand, EventKind, ModelVersion, Release, Review
from opine_reviews.registry import Decision, Origin
from opine_reviews.releases import Plan
from opine_reviews.request_checks import require_registry_or_admin, require_registry_token
from opine_reviews.schemas.registry import (
    BucketAnswer,
    CountedAnswer,
    DecisionBody,
    EventAnswer,
    EventPage,
    EventQuery,
    FindingAnswer,
    FindingBody,
    FindingPath,
    ModelPath,
    PageQuery,
    PinBody,
    PlanAnswer,
    ProposalsAnswer,
    ProposalsQuery,
    ProvenanceAnswer,
    RegisterQuery,
    ReleaseAnswer,
    ReleaseDetail,
    ReleasePage,
    ReleasePath,
    StartBody,
    VersionAnswer,
    VersionDetail,
    VersionPage,
)
from opine_reviews.schemas.requests import ReviewPath

models = APIBlueprint("models", __name__, url_prefix="/api/v1")
release_routes = APIBlueprint("releases", __name__, url_prefix="/api/v1")

ARTEFACT_TYPE = "application/x-tar"
_ARTEFACT_CONTENT = {"content": {ARTEFACT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
# Content that is addressed by its digest never changes.
_FOR_EVER = "max-age=31536000, immutable"


@models.get("/models", responses={200: VersionPage, **problems(422, 503)})
def get_models(query: PageQuery) -> Response:
    """Model versions, last registered first."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = registry.list_versions(session, own.cursors, limit=query.limit, cursor=query.cursor)
    items = [VersionAnswer.model_validate(version, from_attributes=True) for version in found]
    return json_answer(VersionPage(items=items, next_cursor=next_cursor))


@models.get("/models/<digest>", responses={200: VersionDetail, **problems(404, 422, 503)})
def get_model(path: ModelPath) -> Response:
    """A version with its card, its figures and how it was trained."""
    with dependencies().database.transaction() as session:
        found = registry.find_version(session, path.digest)
    if found is None:
        raise _no_version()
    return json_answer(VersionDetail.model_validate(found, from_attributes=True))


@models.get(
    "/models/<digest>/artefact",
    responses={200: _ARTEFACT_CONTENT, 206: _ARTEFACT_CONTENT, 304: None, **problems(404, 416, 422, 503)},
)
def get_artefact(path: ModelPath) -> Response:
    """The artefact as one file. Its `ETag` is the digest; a part of it may be asked for by `Range`."""
    with dependencies().database.transaction() as session:
        packed = registry.read_packed(session, path.digest)
    if packed is None:
        raise _no_version()
    answer = Response(packed, content_type=ARTEFACT_TYPE)
    answer.set_etag(path.digest)
    answer.headers["Cache-Control"] = _FOR_EVER
    answer.make_conditional(request, accept_ranges=True, complete_length=len(packed))
    return answer


@models.post(
    "/models",
    responses={200: VersionDetail, 201: VersionDetail, **problems(401, 403, 409, 411, 413, 415, 422, 503)},
    security=REGISTRY_TOKEN,
    openapi_extensions={"requestBody": {"required": True, **_ARTEFACT_CONTENT}},
)
def register_model(query: RegisterQuery) -> Response:
    """Register a version: the body is its artefact as `python -m charcnn.archive` packs it. Twice is once (200)."""
    require_registry_token()
    own = dependencies()
    packed = _read_artefact(own.settings.max_artefact_bytes)
    made = read_artefact(packed, max_bytes=len(packed), temp_dir=own.settings.temp_dir)
    origin = Origin(
        parent_digest=query.parent,
        training_run=query.training_run,
        code=query.code,
        image=query.image,
        registered_by=query.actor,
    )
    with own.database.transaction() as session:
        found, is_new = registry.register(session, made, origin)
    return json_answer(VersionDetail.model_validate(found, from_attributes=True), 201 if is_new else 200)


@models.get(
    "/reviews/<int:id>/provenance",
    responses={200: ProvenanceAnswer, **problems(401, 403, 404, 422, 503)},
    security=REGISTRY_TOKEN,
)
def get_provenance(path: ReviewPath) -> Response:
    """A review with the model version that its prediction came from."""
    require_registry_token()
    with dependencies().database.transaction() as session:
        review = session.get(Review, path.id)
        if review is None:
            raise Problem(404, "There is no review with this id.")
        brand_name = session.scalars(select(Brand.name).where(Brand.slug == review.brand_slug)).one()
        digest = review.model_digest
        found = None if digest is None else registry.find_version(session, digest)
    version = None if found is None else VersionDetail.model_validate(found, from_attributes=True)
    return json_answer(ProvenanceAnswer(review=review_answer(review, brand_name), version=version))


def _read_artefact(max_bytes: int) -> bytes:
    if request.mimetype != ARTEFACT_TYPE:
        raise Problem(415, f"Send the artefact with `Content-Type: {ARTEFACT_TYPE}`.")
    if request.content_length is None:
        raise Problem(411, "Say by `Content-Length` how large the artefact is.")
    request.max_content_length = max_bytes
    return request.get_data(cache=False)


@release_routes.get("/release-plan", responses={200: PlanAnswer, 304: None, **problems(422, 503)})
def get_plan() -> Response:
    """Which version answers whom. Its `ETag` is the revision."""
    with dependencies().database.transaction() as session:
        answer = _plan_answer(session, registry.current_plan(session))
    answer.make_conditional(request)
    return answer


@release_routes.post(
    "/release-plan/pin",
    responses={200: PlanAnswer, **problems(400, 401, 403, 409, 413, 415, 422, 503)},
    security=EITHER_TOKEN,
)
def pin_version(body: PinBody) -> Response:
    """Make a version live at once, without a release."""
    return _decided(lambda session: registry.pin(session, body.digest, _decision(body)))


@release_routes.get("/releases", responses={200: ReleasePage, **problems(422, 503)})
def get_releases(query: PageQuery) -> Response:
    """Releases, last started first."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = registry.list_releases(session, own.cursors, limit=query.limit, cursor=query.cursor)
    items = [ReleaseAnswer.model_validate(_release_fields(*row)) for row in found]
    return json_answer(ReleasePage(items=items, next_cursor=next_cursor))


@release_routes.get("/releases/<int:id>", responses={200: ReleaseDetail, **problems(404, 422, 503)})
def get_release(path: ReleasePath) -> Response:
    """A release, with what people corrected of both versions while it was on."""
    with dependencies().database.transaction() as session:
        found = registry.find_release(session, path.id)
        candidate, baseline = (
            session.get_one(ModelVersion, digest) for digest in (found.candidate_digest, found.baseline_digest)
        )
        fields = _release_fields(found, candidate, baseline)
        for_candidate, for_baseline = (
            ProposalsAnswer.model_validate(counted, from_attributes=True)
            for counted in registry.count_proposals(session, found)
        )
        findings = [
            FindingAnswer.model_validate(one, from_attributes=True) for one in registry.list_findings(session, found.id)
        ]
    counted = {"candidate_proposals": for_candidate, "baseline_proposals": for_baseline}
    return json_answer(ReleaseDetail.model_validate({**fields, **counted, "findings": findings}))


@release_routes.get("/proposals", responses={200: CountedAnswer, **problems(401, 403, 422, 503)}, security=EITHER_TOKEN)
def get_proposals(query: ProposalsQuery) -> Response:
    """How many proposals of which version were shown and corrected, in one time or in buckets of it."""
    require_registry_or_admin()
    bucket = None if query.bucket_s is None else dt.timedelta(seconds=query.bucket_s)
    with dependencies().database.transaction() as session:
        until, counted = registry.count_by_version(
            session, query.digest, since=query.since, until=query.until, bucket=bucket
        )
    items = [
        BucketAnswer(digest=digest, since=since, shown=proposals.shown, corrected=proposals.corrected)
        for digest, since, proposals in counted
    ]
    return json_answer(CountedAnswer(until=until, items=items))


@release_routes.get("/release-events", responses={200: EventPage, **problems(422, 503)})
def get_events(query: EventQuery) -> Response:
    """Every decision with its evidence, last first."""
    own = dependencies()
    with own.database.transaction() as session:
        found, next_cursor = registry.list_events(
            session, own.cursors, release=query.release, limit=query.limit, cursor=query.cursor
        )
    items = [
        EventAnswer.model_validate({**vars(event), "release": event.release_id}, extra="ignore") for event in found
    ]
    return json_answer(EventPage(items=items, next_cursor=next_cursor))


_STEP_RESPONSES: dict[str | int, type[BaseModel] | dict[str, object] | None] = {
    200: PlanAnswer,
    **problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
}


@release_routes.post(
    "/releases",
    responses={201: PlanAnswer, **problems(400, 401, 403, 409, 413, 415, 422, 503)},
    security=EITHER_TOKEN,
)
def start_release(body: StartBody) -> Response:
    """Let a candidate shadow the live version."""
    return _decided(lambda session: registry.start(session, body.candidate, _decision(body)), 201)


@release_routes.put(
    "/releases/<int:id>/findings/<kind>",
    responses={204: None, **problems(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    security=EITHER_TOKEN,
)
def put_finding(path: FindingPath, body: FindingBody) -> Response:
    """Keep what the open release was last found to be like, which decides nothing, in place of what was there."""
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        registry.note_finding(session, path.id, path.kind, body.actor, body.evidence)
    return Response(status=204)


@release_routes.post("/releases/<int:id>/advance", responses=_STEP_RESPONSES, security=EITHER_TOKEN)
def advance_release(path: ReleasePath, body: DecisionBody) -> Response:
    """Show the candidate to more sessions: a tenth, then half."""
    return _step(path.id, "advance", body)


@release_routes.post("/releases/<int:id>/promote", responses=_STEP_RESPONSES, security=EITHER_TOKEN)
def promote_release(path: ReleasePath, body: DecisionBody) -> Response:
    """Make the candidate live."""
    return _step(path.id, "promote", body)


@release_routes.post("/releases/<int:id>/rollback", responses=_STEP_RESPONSES, security=EITHER_TOKEN)
def roll_back_release(path: ReleasePath, body: DecisionBody) -> Response:
    """Take the candidate back."""
    return _step(path.id, "rollback", body)


def _step(release: int, kind: EventKind, body: DecisionBody) -> Response:
    return _decided(lambda session: registry.step(session, release, kind, _decision(body)))


def _decision(body: DecisionBody) -> Decision:
    return Decision(seen=body.revision, actor=body.actor, evidence=body.evidence)


def _decided(decide: Callable[[Session], Plan], status: int = 200) -> Response:
    require_registry_or_admin()
    with dependencies().database.transaction() as session:
        return _plan_answer(session, decide(session), status)


def _plan_answer(session: Session, plan: Plan, status: int = 200) -> Response:
    live, candidate = (
        None if digest is None else _name(session.get_one(ModelVersion, digest))
        for digest in (plan.live, plan.candidate)
    )
    answer = json_answer(
        PlanAnswer(
            revision=plan.revision,
            live=live,
            candidate=candidate,
            release=plan.release,
            stage=plan.stage,
            weight=plan.weight,
            age_s=registry.plan_age_s(session, plan),
        ),
        status,
    )
    answer.set_etag(str(plan.revision))
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _name(version: ModelVersion) -> VersionName:
    return VersionName.model_validate(version, from_attributes=True)


def _release_fields(release: Release, candidate: ModelVersion, baseline: ModelVersion) -> dict[str, object]:
    return {
        "id": release.id,
        "candidate": _name(candidate),
        "baseline": _name(baseline),
        "started_at": release.started_at,
        "ended_at": release.ended_at,
        "outcome": release.outcome,
    }


def _no_version() -> Problem:
    return Problem(404, "There is no version with this digest; GET /api/v1/models lists them.")
