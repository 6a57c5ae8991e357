"""One HTTP exchange with the reviews API."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import urllib3
from opine_telemetry.request_ids import outgoing_headers
from urllib3.exceptions import HTTPError

from opine_frontend.reviews_api.errors import UnreachableError, problem_from

# The API is one hop away: a connection that takes longer than a second will not come.
CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 5.0
# A predicted text of 20,000 characters may wait in the model's queue behind others.
PREDICT_TIMEOUT_S = 10.0
# An export streams for as long as rows keep coming.
STREAM_TIMEOUT_S = 60.0
# Connections that stay open, at least one for each gunicorn thread.
POOL_SIZE = 16
FIRST_ERROR_STATUS = 400

# One more try, at once: it meets the connection that the API closed while it was idle, and a pod that has just gone.
# An answer is an answer: a 503 with Retry-After is told to the person, not waited out here.
_AGAIN = urllib3.Retry(1, redirect=False, status=False, allowed_methods=None, respect_retry_after_header=False)


class Transport:
    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=POOL_SIZE, block=False)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return an answer below 400.

        Without an answer it is sent once more: every call must be idempotent, as all of ReviewsApi's are. Reads,
        predictions and deletions are by nature, and saving a review is by its Idempotency-Key.

        Raises:
            UnreachableError: no answer.
            Problem: an answer of 400 or more.
        """
        url = f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._pool.request(
                method,
                url,
                json=body,
                headers={"Accept": "application/json", **outgoing_headers(), **(headers or {})},
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=read_timeout_s),
                retries=_AGAIN,
                preload_content=not stream,
            )
            if answer.status >= FIRST_ERROR_STATUS:
                raise problem_from(answer.status, answer.headers, answer.data)
        except HTTPError as error:
            raise UnreachableError(str(error)) from error
        return answer


def segment(value: str) -> str:
    """A path segment that cannot become two."""
    return quote(value, safe="")
