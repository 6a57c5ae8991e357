from collections.abc import Iterator, Mapping
from typing import TypeVar

import pydantic

from opine_frontend.reviews_api.errors import UnexpectedAnswerError
from opine_frontend.reviews_api.models import (
    Brand,
    BrandPage,
    NewReview,
    Predicted,
    Review,
    ReviewPage,
    SectorList,
    Summary,
)
from opine_frontend.reviews_api.queries import BrandQuery, ReviewQuery, ScrapedReviewQuery
from opine_frontend.reviews_api.scraped_models import ScrapedReviewPage, ScrapeRunPage
from opine_frontend.reviews_api.transport import STREAM_TIMEOUT_S, Transport, segment

_V1 = "/api/v1"
_CHUNK_BYTES = 64 * 1024

Answer = TypeVar("Answer", bound=pydantic.BaseModel)


class ReviewsApi:
    """The reviews API's routes that the frontend uses. Every method raises ReviewsApiError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def predict(self, text: str) -> Predicted:
        answer = self._transport.exchange("POST", f"{_V1}/predictions", body={"text": text, "explain": "words"})
        return _parse(Predicted, answer.data)

    def create_review(self, review: NewReview, *, idempotency_key: str, client: Mapping[str, str]) -> Review:
        """Save a review; the key makes a second try safe.

        Args:
            review: what the person submits.
            idempotency_key: the same for each try of the same content.
            client: headers that say for whom the call is made.
        """
        answer = self._transport.exchange(
            "POST",
            f"{_V1}/reviews",
            body=review.model_dump(mode="json"),
            headers={**client, "Idempotency-Key": idempotency_key},
        )
        return _parse(Review, answer.data)

    def reviews(self, query: ReviewQuery) -> ReviewPage:
        return _parse(ReviewPage, self._get("/reviews", query.parameters()))

    def delete_review(self, review_id: str, *, token: str) -> None:
        self._transport.exchange("DELETE", f"{_V1}/reviews/{segment(review_id)}", headers=_bearer(token))

    def export(self, query: ReviewQuery, *, token: str) -> Iterator[bytes]:
        """The reviews as CSV, in chunks. The call is made at once, so that its errors come before the first chunk."""
        answer = self._transport.exchange(
            "GET",
            f"{_V1}/reviews.csv",
            query=query.filters(),
            headers={**_bearer(token), "Accept": "text/csv"},
            timeout_s=STREAM_TIMEOUT_S,
            stream=True,
        )

        def chunks() -> Iterator[bytes]:
            try:
                yield from answer.stream(_CHUNK_BYTES)
            finally:
                answer.release_conn()

        return chunks()

    def brands(self, query: BrandQuery) -> BrandPage:
        return _parse(BrandPage, self._get("/brands", query.parameters()))

    def random_brand(self, *, exclude: str = "") -> Brand:
        return _parse(Brand, self._get("/brands/random", {"exclude": exclude} if exclude else {}))

    def brand(self, slug: str) -> Brand:
        return _parse(Brand, self._get(f"/brands/{segment(slug)}"))

    def summary(self, slug: str) -> Summary:
        return _parse(Summary, self._get(f"/brands/{segment(slug)}/summary"))

    def sectors(self) -> SectorList:
        return _parse(SectorList, self._get("/sectors"))

    def scraped_reviews(self, query: ScrapedReviewQuery) -> ScrapedReviewPage:
        return _parse(ScrapedReviewPage, self._get("/scraped-reviews", query.parameters()))

    def scrape_runs(self, *, limit: int, token: str) -> ScrapeRunPage:
        answer = self._transport.exchange(
            "GET", f"{_V1}/scrape-runs", query={"limit": str(limit)}, headers=_bearer(token)
        )
        return _parse(ScrapeRunPage, answer.data)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        return self._transport.exchange("GET", f"{_V1}{path}", query=query).data


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _parse(kind: type[Answer], body: bytes) -> Answer:
    try:
        return kind.model_validate_json(body)
    except pydantic.ValidationError as error:
        raise UnexpectedAnswerError(
            f"{kind.__name__}: {error.error_count()} fields differ from the contract"
        ) from error
