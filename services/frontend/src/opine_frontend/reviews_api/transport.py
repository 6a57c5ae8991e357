"""One HTTP exchange with the reviews API."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, urlencode

import urllib3
from opine_telemetry.http_client import HttpClient, NoAnswerError
from urllib3.exceptions import HTTPError

from opine_frontend.reviews_api.errors import UnreachableError, problem_from

# The API is one hop away: a connection that takes longer than a second will not come.
CONNECT_TIMEOUT_S = 1.0
# The API is told so, and answers in time what it could not do.
TIMEOUT_S = 5.0
# An export streams for as long as rows keep coming.
STREAM_TIMEOUT_S = 60.0
# Connections that stay open, at least one for each gunicorn thread.
POOL_SIZE = 16


class Transport:
    def __init__(self, base_url: str, *, max_connection_age_s: float) -> None:
        self._http = HttpClient(
            base_url,
            connections=POOL_SIZE,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            max_connection_age_s=max_connection_age_s,
        )

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return an answer below 400.

        Without an answer it is sent once more: every call must be idempotent, as all of ReviewsApi's are. Reads,
        predictions and deletions are by nature, and saving a review is by its Idempotency-Key. An answer is an answer:
        a 503 with Retry-After is told to the person, not waited out here.

        Raises:
            UnreachableError: no answer.
            Problem: an answer of 400 or more.
        """
        try:
            answer = self._http.request(
                method,
                path + (f"?{urlencode(query)}" if query else ""),
                timeout_s=timeout_s,
                json=body,
                headers={"Accept": "application/json", **(headers or {})},
                stream=stream,
            )
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise problem_from(answer.status, answer.headers, answer.data)
        except (NoAnswerError, HTTPError) as error:
            raise UnreachableError(str(error)) from error
        return answer


def segment(value: str) -> str:
    """A path segment that cannot become two."""
    return quote(value, safe="")
