"""From rows to answers."""

from flask import Response
from pydantic import BaseModel

from opine_reviews.brands import CountedBrand
from opine_reviews.models import Review
from opine_reviews.problems import MEDIA_TYPE, ProblemDetails
from opine_reviews.schemas.answers import (
    BrandAnswer,
    BrandName,
    ModelAnswer,
    ReviewAnswer,
    ScrapedAnswer,
    SourceName,
    StoredPrediction,
)
from opine_reviews.scraped.names import source_name


def json_answer(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, content_type="application/json")


def problems(*statuses: int) -> dict[str | int, dict[str, object]]:
    """The OpenAPI `responses` of an operation that may end with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    # flask-openapi3 adds a 422 to every operation that has none, in a form that we never answer. Time may run out (504)
    # anywhere.
    return {status: {"content": content} for status in sorted({*statuses, 422, 504})}


def review_answer(review: Review, brand_name: str) -> ReviewAnswer:
    return ReviewAnswer(
        id=review.id,
        brand=BrandName(slug=review.brand_slug, name=brand_name),
        text=review.text,
        stars=review.stars,
        prediction=_prediction(review),
        created_at=review.created_at,
    )


def brand_answer(counted: CountedBrand) -> BrandAnswer:
    brand = counted.brand
    return BrandAnswer(
        slug=brand.slug,
        name=brand.name,
        website=brand.website,
        sector=brand.sector,
        origin=brand.origin,
        review_count=counted.review_count,
        average_stars=counted.average_stars,
        scraped=[
            ScrapedAnswer(
                source=source_name_answer(one.source),
                source_url=one.source_url,
                review_count=one.review_count,
                average_stars=one.average_stars,
            )
            for one in counted.scraped
        ],
    )


def source_name_answer(source: str) -> SourceName:
    return SourceName(key=source, name=source_name(source))


def _prediction(review: Review) -> StoredPrediction | None:
    if review.suggested_stars is None or review.score is None or review.label is None:
        return None
    model = None
    if review.model_name is not None and review.model_version is not None:
        model = ModelAnswer(name=review.model_name, version=review.model_version)
    return StoredPrediction(
        stars=review.suggested_stars,
        score=review.score,
        label=review.label,
        model=model,
    )
