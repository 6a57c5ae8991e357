"""Asks another service of Opine: connections that are kept for a while, deadlines, request ids, one more try."""

import logging
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from opine_common import deadlines
from opine_common.request_ids import outgoing_headers

logger = logging.getLogger(__name__)

# For the answer's way back: a service that runs out of time says so before we stop listening.
_WAY_BACK_S = 0.05


class NoAnswerError(Exception):
    """The service could not be reached, or broke the connection off."""


class NoAnswerInTimeError(NoAnswerError):
    """The service did not answer in time, or no time was left to ask it."""


class HttpClient:
    """Asks one service; safe for threads.

    Kubernetes picks a pod for each connection, not for each request. Connections that were kept for ever would leave a
    new pod idle, so one that is older than `max_connection_age_s` is replaced before its next request.

    Args:
        base_url: where paths begin, such as `http://opine-sentiment`.
        connections: how many are kept; more may be open for a moment.
        connect_timeout_s: longest time for connecting.
        max_connection_age_s: how old a connection may be when a request is sent on it.
    """

    def __init__(
        self, base_url: str, *, connections: int, connect_timeout_s: float, max_connection_age_s: float
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._connect_timeout_s = connect_timeout_s
        self._pools = urllib3.PoolManager(maxsize=connections, retries=False)
        # A pool hands arguments that it does not know on to its connections.
        self._pools.pool_classes_by_scheme = {
            "http": partial(_HTTPPool, max_age_s=max_connection_age_s),  # type: ignore[dict-item]  # called as a class
            "https": partial(_HTTPSPool, max_age_s=max_connection_age_s),  # type: ignore[dict-item]
        }

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request, and once more where the connection failed: it must be safe to send twice.

        The second try is for a connection that the service closed just as it was used, and for a pod that has just
        gone. Who was silent until the time was up is not asked again: people would wait twice as long, and a service
        that hangs would have twice the work.

        Args:
            method: HTTP method.
            path: below the base URL, with its query.
            timeout_s: longest time of one try. The current deadline holds for both together. The service is told in
                X-Request-Timeout how long the answer is waited for.
            json: body, if any, to be written as JSON.
            body: body that is written already; its `Content-Type` is among the headers.
            headers: further headers.
            stream: leave the body to be read by the caller, piece by piece, each within the time of this try.

        Raises:
            NoAnswerInTimeError: the service was reached and said nothing in time, or no time was left.
            NoAnswerError: any other failure to get an answer; an answer of 500 is one.
        """
        send = partial(
            self._send,
            method,
            self._base_url + path,
            timeout_s,
            json=json,
            body=body,
            headers=headers,
            stream=stream,
        )
        try:
            return send()
        except NoAnswerInTimeError:
            raise
        except NoAnswerError as error:
            logger.info("no answer, trying once more", extra={"url": self._base_url + path, "error": str(error)})
        return send()

    def _send(
        self,
        method: str,
        url: str,
        timeout_s: float,
        *,
        json: object,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        stream: bool,
    ) -> urllib3.BaseHTTPResponse:
        left_s = min(timeout_s, deadlines.remaining_s())
        if left_s <= _WAY_BACK_S:
            raise NoAnswerInTimeError(f"no time was left to ask {url}")
        own_headers = {**outgoing_headers(), deadlines.HEADER: f"{left_s - _WAY_BACK_S:.3f}"}
        try:
            return self._pools.request(
                method,
                url,
                json=json,
                body=body,
                headers={**own_headers, **(headers or {})},
                timeout=urllib3.Timeout(connect=min(self._connect_timeout_s, left_s), total=left_s),
                redirect=False,
                preload_content=not stream,
            )
        except HTTPError as error:
            late = isinstance(error, Urllib3TimeoutError) and not isinstance(error, ConnectTimeoutError)
            raise (NoAnswerInTimeError if late else NoAnswerError)(str(error)) from error


class _HTTPConnection(HTTPConnection):
    def __init__(self, *args: Any, max_age_s: float, **kwargs: Any) -> None:  # noqa: ANN401  as inherited
        super().__init__(*args, **kwargs)
        self._max_age_s = max_age_s
        self._connected_at = 0.0

    def connect(self) -> None:
        super().connect()
        self._connected_at = time.monotonic()

    @property
    def is_connected(self) -> bool:
        """Whether the pool may send another request on this connection; it closes and reconnects one that says no."""
        return super().is_connected and time.monotonic() - self._connected_at < self._max_age_s


class _HTTPSConnection(_HTTPConnection, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection
