"""What a release's candidate would change: stored reviews to which it gives another label than the version it replaces.

A review keeps one version's proposal and knows nothing of the other's, so both are asked now, a page of reviews at a
time. Nothing is stored.
"""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from opine_common.prediction import ModelVersion as VersionName
from opine_common.prediction import Prediction, StoredPrediction
from opine_common.problems import Problem

from opine_reviews import registry
from opine_reviews.api.openapi import EITHER_TOKEN, json_answer, problems
from opine_reviews.api.reviews import review_answer
from opine_reviews.dependencies import dependencies
from opine_reviews.listing import list_reviews
from opine_reviews.models import ModelVersion
from opine_reviews.request_checks import require_registry_or_admin
from opine_reviews.schemas.registry import FlipAnswer, FlipPage, FlipsQuery, ReleasePath
from opine_reviews.schemas.requests import ReviewFilters

flips = APIBlueprint("flips", __name__, url_prefix="/api/v1")


@flips.get(
    "/releases/<int:id>/flips",
    responses={200: FlipPage, **problems(401, 403, 404, 409, 422, 503)},
    security=EITHER_TOKEN,
)
def get_flips(path: ReleasePath, query: FlipsQuery) -> Response:
    """Of a page of reviews, newest first, those to which the candidate gives another label. Both versions are asked."""
    require_registry_or_admin()
    own = dependencies()
    with own.database.transaction() as session:
        found = registry.find_release(session, path.id)
        if found.outcome is not None:
            raise Problem(409, "The release has ended: its candidate is not asked any more.", kind="release-ended")
        baseline, candidate = (
            VersionName.model_validate(session.get_one(ModelVersion, digest), from_attributes=True)
            for digest in (found.baseline_digest, found.candidate_digest)
        )
        rows, next_cursor = list_reviews(
            session,
            own.cursors,
            ReviewFilters(),
            sort="created_at",
            order="desc",
            limit=query.limit,
            cursor=query.cursor,
        )
    # Outside of the transaction: a connection to the database is not held while the model computes.
    texts = [row.review.text for row in rows]
    told = [own.sentiment.rescore(texts, version.digest or "") if texts else [] for version in (baseline, candidate)]
    compared, items = 0, []
    for row, before, after in zip(rows, *told, strict=True):
        if not (isinstance(before, Prediction) and isinstance(after, Prediction)):
            continue
        compared += 1
        if before.label != after.label:
            items.append(
                FlipAnswer(
                    review=review_answer(row.review, row.brand_name),
                    baseline=_proposal(before, baseline),
                    candidate=_proposal(after, candidate),
                )
            )
    return json_answer(FlipPage(compared=compared, items=items, next_cursor=next_cursor))


def _proposal(said: Prediction, version: VersionName) -> StoredPrediction:
    return StoredPrediction(stars=said.stars, score=said.score, label=said.label, model=version)
