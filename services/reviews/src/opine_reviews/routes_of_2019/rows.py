"""Reviews in the shape of 2019."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from opine_reviews.models import Brand, Review

Row = dict[str, str | int | float | None]


def newest_rows(session: Session, limit: int) -> list[Row]:
    statement = (
        select(Review, Brand.name)
        .join(Brand, Brand.slug == Review.brand_slug)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(limit)
    )
    return [row_of_2019(review, name) for review, name in session.execute(statement)]


def row_of_2019(review: Review, brand_name: str) -> Row:
    return {
        "id": review.id,
        "review": review.text,
        "rating": review.stars,
        "suggested_rating": review.suggested_stars,
        "sentiment_score": review.score,
        "brand": brand_name,
        "user_agent": review.user_agent_family or "",
        # Addresses are kept as keyed hashes only.
        "ip_address": "",
        "created_date": f"{review.created_at:%Y-%m-%d %H:%M:%S}",
    }
