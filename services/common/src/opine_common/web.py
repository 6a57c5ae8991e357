"""Request ids, access log and metrics for a Flask application; Dash's server is one."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from flask.signals import request_started
from prometheus_client.registry import Collector
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.utils import host_is_trusted

from opine_common import request_ids
from opine_common.http_metrics import PROBES, exposition, record_request

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE_KEY = "opine.route"
# When the request arrived, by the monotonic clock, where the server says so: it may have waited for a thread.
ARRIVED_KEY = "opine.arrived"


def instrument(
    app: Flask,
    service: str,
    require_ready: Callable[[], object] = lambda: None,
    collectors: Sequence[Collector] = (),
) -> None:
    """Give `app` request ids, an access log, HTTP metrics, `/metrics`, `/livez` and `/readyz`.

    Call it last among the wrappers of `app.wsgi_app`, so that their errors are seen too.

    Args:
        app: the application.
        service: its name in metrics.
        require_ready: raises what the application answers as an error while it is not ready.
        collectors: of metrics that no process counts, such as those of what stands in a database.
    """

    def readyz() -> Response:
        require_ready()
        return Response("ready\n", mimetype="text/plain")

    def metrics() -> Response:
        body, content_type = exposition(request.headers.get("Accept"), collectors)
        return Response(body, content_type=content_type)

    request_started.connect(_remember_route, app)
    app.add_url_rule("/livez", "opine_livez", _livez)
    app.add_url_rule("/readyz", "opine_readyz", readyz)
    app.add_url_rule("/metrics", "opine_metrics", metrics)
    app.wsgi_app = _Telemetry(app.wsgi_app, service)  # type: ignore[method-assign]


def arrival(environ: "WSGIEnvironment") -> float:
    """When the request arrived, by the monotonic clock."""
    arrived: float = environ.setdefault(ARRIVED_KEY, time.monotonic())
    return arrived


def require_hosts(app: Flask, allowed: Sequence[str], variable: str) -> None:
    """Answer for the given hosts only, so that no other site's name can be pointed at this server (DNS rebinding).

    Args:
        app: the application.
        allowed: names or addresses; `.example.org` is all of that domain; empty: any host. Probes are always answered:
            they come by address.
        variable: the setting's name, for whoever is refused.
    """
    if not allowed:
        return

    @app.before_request
    def refuse_other_hosts() -> None:
        if request.path not in PROBES and not host_is_trusted(request.host, allowed):
            raise BadRequest(f"This server does not answer for this host. Its operator lists hosts in {variable}.")


class _Telemetry:
    """WSGI middleware around the whole application, so that a streamed answer is measured to its end."""

    def __init__(self, app: "WSGIApplication", service: str) -> None:
        self.app = app
        self.service = service

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request_id = request_ids.begin_request(
            environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT"), environ.get("HTTP_X_SESSION_ID")
        )
        started = arrival(environ)
        status = 500

        def start(
            status_line: str,
            headers: list[tuple[str, str]],
            exc_info: "OptExcInfo | None" = None,
        ) -> Any:  # noqa: ANN401  the server's own write callable
            nonlocal status
            status = int(status_line[:3])
            kept = [(name, value) for name, value in headers if name.lower() != "x-request-id"]
            return start_response(status_line, [*kept, (request_ids.HEADER, request_id)], exc_info)

        def finish() -> None:
            self._record(environ, status, time.monotonic() - started)
            request_ids.end_request()

        try:
            body = self.app(environ, start)
        except BaseException:
            status = 500
            finish()
            raise
        return AnswerBody(body, finish)

    def _record(self, environ: "WSGIEnvironment", status: int, seconds: float) -> None:
        route = environ.get(ROUTE_KEY)
        record_request(
            self.service,
            route=route,
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),
            status=status,
            seconds=seconds,
            # Probes come every few seconds; only a failing one is worth a line.
            quiet=route in PROBES and status < 400,  # noqa: PLR2004  the first error status
        )


class AnswerBody:
    """Pass a WSGI body through and call `finish` once: when it is used up or closed, whichever is first."""

    def __init__(self, body: Iterable[bytes], finish: Callable[[], None]) -> None:
        self._body = body
        self._chunks = iter(body)
        self._finish = finish
        self._finished = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()

    def _end(self) -> None:
        if not self._finished:
            self._finished = True
            self._finish()


def _remember_route(_app: Flask, **_extra: object) -> None:
    if request.url_rule is not None:
        request.environ[ROUTE_KEY] = request.url_rule.rule


def _livez() -> Response:
    return Response("alive\n", mimetype="text/plain")
