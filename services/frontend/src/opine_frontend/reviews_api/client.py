from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode

import pydantic
import urllib3
from flask import request
from opine_common.http_client import HttpClient, NoAnswerError
from opine_common.prediction import PredictionAnswer
from urllib3.exceptions import HTTPError

from opine_frontend.reviews_api.drift_schemas import Drift
from opine_frontend.reviews_api.errors import UnexpectedAnswerError, UnreachableError, problem_from
from opine_frontend.reviews_api.registry_schemas import (
    Decision,
    Flips,
    Plan,
    Proposals,
    Release,
    ReleaseDetail,
    Version,
    VersionDetail,
)
from opine_frontend.reviews_api.schemas import (
    AdminSession,
    Brand,
    BrandQuery,
    Moderation,
    NewReview,
    Page,
    Review,
    ReviewQuery,
    RisingBrand,
    ScrapedReview,
    ScrapedReviewQuery,
    ScrapeRun,
    Sector,
    Summary,
    Terms,
    Trend,
)

# The API is one hop away: a connection that takes longer than a second will not come.
CONNECT_TIMEOUT_S = 1.0
# The API is told so, and answers in time what it could not do.
TIMEOUT_S = 5.0
# An export streams for as long as rows keep coming.
STREAM_TIMEOUT_S = 60.0
# Connections that stay open, at least one for each gunicorn thread.
POOL_SIZE = 16

_V1 = "/api/v1"
_CHUNK_BYTES = 64 * 1024

Answer = TypeVar("Answer", bound=pydantic.BaseModel)


def client_headers() -> dict[str, str]:
    """Who sends the request at hand, for the API's limits and keyed hash: the address as ProxyFix found it."""
    return {
        "X-Forwarded-For": request.remote_addr or "",
        "User-Agent": request.headers.get("User-Agent", "")[:512],
    }


class ReviewsApi:
    """The routes of the reviews API that the pages use.

    Where the connection failed a request is sent once more, so every call must be idempotent. Reads, predictions and
    deletions are by nature, and saving a review is by its Idempotency-Key. An answer is an answer: a 503 with
    Retry-After is told to the person, not waited out here.

    Every method raises UnreachableError without an answer, Problem at a status of 400 or more, and
    UnexpectedAnswerError at an answer against the contract.
    """

    def __init__(self, base_url: str, *, max_connection_age_s: float) -> None:
        self._http = HttpClient(
            base_url,
            connections=POOL_SIZE,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            max_connection_age_s=max_connection_age_s,
        )

    def predict(self, text: str, *, client: Mapping[str, str]) -> PredictionAnswer:
        body = {"text": text, "explain": "words"}
        answer = _parse(PredictionAnswer, self._request("POST", "/predictions", json=body, headers=client))
        if answer.prediction.words is None:
            raise UnexpectedAnswerError("the prediction has no words, which were asked for")
        return answer

    def create_review(self, review: NewReview, *, idempotency_key: str, client: Mapping[str, str]) -> Review:
        """Save a review; the key makes a second try safe.

        Args:
            review: what the person submits.
            idempotency_key: the same for each try of the same content.
            client: headers that say for whom the call is made.
        """
        headers = {**client, "Idempotency-Key": idempotency_key}
        return _parse(Review, self._request("POST", "/reviews", json=review.model_dump(mode="json"), headers=headers))

    def reviews(self, query: ReviewQuery) -> Page[Review]:
        return _parse(Page[Review], self._request("GET", "/reviews", query=query.parameters()))

    def delete_review(self, review_id: str, *, token: str) -> None:
        self._request("DELETE", f"/reviews/{_segment(review_id)}", headers=_bearer(token))

    def report(self, review_id: str, reason: str, *, client: Mapping[str, str]) -> None:
        self._request("POST", f"/reviews/{_segment(review_id)}/report", json={"reason": reason}, headers=client)

    def moderation(self, *, token: str) -> Moderation:
        return _parse(Moderation, self._request("GET", "/moderation", headers=_bearer(token)))

    def moderate(self, action: str, kind: str, target: str, *, actor: str, token: str) -> None:
        """Not sent twice with effect: what was done already answers 404."""
        body = {"action": action, "kind": kind, "target": target, "actor": actor}
        self._request("POST", "/moderation", json=body, headers=_bearer(token))

    def is_session_ended(self, session_id: str, *, token: str) -> bool:
        answer = self._request("GET", f"/admin-sessions/{_segment(session_id)}", headers=_bearer(token))
        return _parse(AdminSession, answer).ended

    def end_session(self, session_id: str, *, token: str) -> None:
        self._request("DELETE", f"/admin-sessions/{_segment(session_id)}", headers=_bearer(token))

    def export(self, query: ReviewQuery, *, token: str) -> Iterator[bytes]:
        """The reviews as CSV, in chunks. The call is made at once: errors come before the first."""
        headers = {**_bearer(token), "Accept": "text/csv"}
        answer = self._request(
            "GET", "/reviews.csv", query=query.filters(), headers=headers, timeout_s=STREAM_TIMEOUT_S, stream=True
        )

        def chunks() -> Iterator[bytes]:
            try:
                yield from answer.stream(_CHUNK_BYTES)
            finally:
                answer.release_conn()

        return chunks()

    def brands(self, query: BrandQuery) -> Page[Brand]:
        return _parse(Page[Brand], self._request("GET", "/brands", query=query.parameters()))

    def random_brand(self, *, exclude: str = "") -> Brand:
        return _parse(Brand, self._request("GET", "/brands/random", query={"exclude": exclude} if exclude else {}))

    def brand(self, slug: str) -> Brand:
        return _parse(Brand, self._request("GET", f"/brands/{_segment(slug)}"))

    def summary(self, slug: str) -> Summary:
        return _parse(Summary, self._request("GET", f"/brands/{_segment(slug)}/summary"))

    def rising_brands(self) -> Page[RisingBrand]:
        return _parse(Page[RisingBrand], self._request("GET", "/rising-brands"))

    def terms(self, slug: str) -> Terms:
        return _parse(Terms, self._request("GET", f"/brands/{_segment(slug)}/terms"))

    def trend(self, slug: str, *, weeks: int) -> Trend:
        answer = self._request("GET", f"/brands/{_segment(slug)}/trend", query={"weeks": str(weeks)})
        return _parse(Trend, answer)

    def sectors(self) -> Page[Sector]:
        return _parse(Page[Sector], self._request("GET", "/sectors"))

    def scraped_reviews(self, query: ScrapedReviewQuery) -> Page[ScrapedReview]:
        return _parse(Page[ScrapedReview], self._request("GET", "/scraped-reviews", query=query.parameters()))

    def scrape_runs(self, *, limit: int, token: str) -> Page[ScrapeRun]:
        answer = self._request("GET", "/scrape-runs", query={"limit": str(limit)}, headers=_bearer(token))
        return _parse(Page[ScrapeRun], answer)

    def versions(self, *, limit: int) -> Page[Version]:
        return _parse(Page[Version], self._request("GET", "/models", query={"limit": str(limit)}))

    def version(self, digest: str) -> VersionDetail:
        return _parse(VersionDetail, self._request("GET", f"/models/{_segment(digest)}"))

    def release_plan(self) -> Plan:
        return _parse(Plan, self._request("GET", "/release-plan"))

    def releases(self, *, limit: int) -> Page[Release]:
        return _parse(Page[Release], self._request("GET", "/releases", query={"limit": str(limit)}))

    def release(self, release: int) -> ReleaseDetail:
        return _parse(ReleaseDetail, self._request("GET", f"/releases/{release}"))

    def decisions(self, *, limit: int, cursor: str = "", release: int | None = None) -> Page[Decision]:
        given = {"limit": str(limit), "cursor": cursor, "release": "" if release is None else str(release)}
        query = {name: value for name, value in given.items() if value}
        return _parse(Page[Decision], self._request("GET", "/release-events", query=query))

    def proposals(
        self,
        digests: Sequence[str],
        since: datetime,
        *,
        token: str,
        until: datetime | None = None,
        bucket_s: int | None = None,
    ) -> Proposals:
        """Counted by version; until now unless said otherwise, in one time unless in buckets of it."""
        query = [("digest", digest) for digest in digests] + [("since", since.isoformat())]
        query += [] if until is None else [("until", until.isoformat())]
        query += [] if bucket_s is None else [("bucket_s", str(bucket_s))]
        return _parse(Proposals, self._request("GET", "/proposals", query=query, headers=_bearer(token)))

    def flips(self, release: int, *, cursor: str = "", token: str) -> Flips:
        query = {"cursor": cursor} if cursor else {}
        return _parse(Flips, self._request("GET", f"/releases/{release}/flips", query=query, headers=_bearer(token)))

    def drift(self, *, token: str) -> Drift:
        return _parse(Drift, self._request("GET", "/drift", headers=_bearer(token)))

    def decide(self, path: str, revision: int, *, actor: str, token: str, **fields: object) -> Plan:
        """Take a step from the plan of this revision.

        Sent twice it is taken once: the second finds another revision, and says so though the first one was ours.
        """
        body = {"revision": revision, "actor": actor, **fields}
        return _parse(Plan, self._request("POST", path, json=body, headers=_bearer(token)))

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        try:
            # An error's body is read here, too: a connection may break off in the middle of it.
            answer = self._http.request(
                method,
                f"{_V1}{path}" + (f"?{urlencode(query)}" if query else ""),
                timeout_s=timeout_s,
                json=json,
                headers={"Accept": "application/json", **(headers or {})},
                stream=stream,
            )
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise problem_from(answer.status, answer.headers, answer.data)
        except (NoAnswerError, HTTPError) as error:
            raise UnreachableError(str(error)) from error
        return answer


def _segment(value: str) -> str:
    """A path segment that cannot become two."""
    return quote(value, safe="")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _parse(schema: type[Answer], answer: urllib3.BaseHTTPResponse) -> Answer:
    try:
        return schema.model_validate_json(answer.data)
    except pydantic.ValidationError as error:
        raise UnexpectedAnswerError(
            f"{schema.__name__}: {error.error_count()} fields differ from the contract"
        ) from error
