"""Routes of what was read elsewhere: scraped reviews, and the runs that read them."""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews.api.openapi import json_answer, problems
from opine_reviews.dependencies import dependencies
from opine_reviews.listing import ListedScrapedReview, list_runs, list_scraped_reviews
from opine_reviews.request_checks import require_admin
from opine_reviews.schemas.answers import (
    BrandName,
    ScrapedReviewAnswer,
    ScrapedReviewPage,
    ScrapeRunAnswer,
    ScrapeRunPage,
    SourceName,
)
from opine_reviews.schemas.requests import ScrapedReviewQuery, ScrapeRunQuery

scraped = APIBlueprint("scraped", __name__, url_prefix="/api/v1")


@scraped.get("/scraped-reviews", responses={200: ScrapedReviewPage, **problems(422, 503)})
def get_scraped_reviews(query: ScrapedReviewQuery) -> Response:
    """Reviews that were read elsewhere, newest first."""
    own = dependencies()
    with own.database.transaction() as session:
        rows, next_cursor = list_scraped_reviews(session, own.cursors, query, limit=query.limit, cursor=query.cursor)
    return json_answer(ScrapedReviewPage(items=[_answer(row) for row in rows], next_cursor=next_cursor))


@scraped.get("/scrape-runs", responses={200: ScrapeRunPage, **problems(401, 403, 422, 503)}, security=[{"admin": []}])
def get_scrape_runs(query: ScrapeRunQuery) -> Response:
    """Runs of the scraping, last started first."""
    require_admin()
    own = dependencies()
    with own.database.transaction() as session:
        runs, next_cursor = list_runs(session, own.cursors, kind=query.kind, limit=query.limit, cursor=query.cursor)
    items = [ScrapeRunAnswer.model_validate(run, from_attributes=True) for run in runs]
    return json_answer(ScrapeRunPage(items=items, next_cursor=next_cursor))


def _answer(row: ListedScrapedReview) -> ScrapedReviewAnswer:
    review = row.review
    return ScrapedReviewAnswer(
        id=review.id,
        brand=BrandName(slug=review.brand_slug, name=row.brand_name),
        source=SourceName.of(review.source),
        source_url=review.source_url,
        title=review.title,
        text=review.text,
        stars=review.stars,
        reviewed_at=review.reviewed_at,
        language=review.language,
        country=review.country,
        verified=review.verified,
        reply=review.reply,
        read_at=review.read_at,
    )
