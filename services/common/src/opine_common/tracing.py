"""Spans by OpenTelemetry, sent by OTLP over HTTP; a service imports this only where it is told where to send them.

The SDK itself reads what its specification names: OTEL_EXPORTER_OTLP_ENDPOINT and what belongs to it,
OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_SCHEDULE_DELAY.

The spans of requests are begun here and not by OpenTelemetry's middlewares, which describe a request before they ask
whether it is sampled: that cost as much for the nine requests of ten that are not as for the tenth.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)

from opine_common.http_metrics import PROBES
from opine_common.request_ids import set_traceparent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from opine_common.asgi import Application, Message, Receive, Scope, Send

_PARENT_HEADERS = ("traceparent", "tracestate")
_FIRST_SERVER_ERROR = 500

_tracer = trace.get_tracer("opine")


def start_tracing(service: str) -> None:
    """Send this process's spans from now on, in the background and at its end."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"opine-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def trace_flask(app: Flask, service: str) -> None:
    """Give each request of `app` a span, and each request that it makes by urllib3.

    Call it before `web.instrument`, which says what the route was.
    """
    # Not in the sentiment service's image.
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor  # noqa: PLC0415

    start_tracing(service)
    app.wsgi_app = _WsgiSpans(app.wsgi_app)  # type: ignore[method-assign]
    URLLib3Instrumentor().instrument()


class AsgiSpans:
    """ASGI middleware: a span a request. The route is the template that Starlette's router left in the scope."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with _request_span(scope["method"], headers) as span:
            if not span.is_recording():
                await self._app(scope, receive, send)
                return

            async def send_and_tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _describe(span, scope["method"], getattr(scope.get("route"), "path", None), message["status"])
                await send(message)

            await self._app(scope, receive, send_and_tell)


class _WsgiSpans:
    """The same for WSGI; the span lasts until the whole answer is sent."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        from opine_common.web import ROUTE_KEY, AnswerBody  # noqa: PLC0415  with Flask, as above

        if environ["PATH_INFO"] in PROBES:
            with suppress_instrumentation():
                return self._app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        keys = {name: f"HTTP_{name.upper()}" for name in _PARENT_HEADERS}
        headers = {name: environ[key] for name, key in keys.items() if key in environ}

        def start(status_line: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None) -> Any:  # noqa: ANN401  the server's own write callable
            _describe(span, method, environ.get(ROUTE_KEY), int(status_line[:3]))
            return start_response(status_line, headers, exc_info)

        with ExitStack() as stack:
            span = stack.enter_context(_request_span(method, headers))
            body = self._app(environ, start if span.is_recording() else start_response)
            return AnswerBody(body, stack.pop_all().close)


@contextmanager
def _request_span(method: str, headers: Mapping[str, str]) -> Iterator[trace.Span]:
    """The span of a request, below the caller's; whatever the request does is part of its trace.

    Of one that is not sampled nothing is recorded: no instrumentation looks at what it does.
    """
    span = _tracer.start_span(method, context=propagate.extract(headers), kind=trace.SpanKind.SERVER)
    context = span.get_span_context()
    trace_id, span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    # Logs and problem details of the request name this trace, and the next service hears whether it is sampled.
    set_traceparent(f"00-{trace_id}-{span_id}-{context.trace_flags:02x}")
    with trace.use_span(span, end_on_exit=True) if span.is_recording() else suppress_instrumentation():
        yield span


def _describe(span: trace.Span, method: str, route: str | None, status: int) -> None:
    """By the stable semantic conventions for HTTP server spans; never what a person wrote."""
    span.set_attributes({HTTP_REQUEST_METHOD: method, HTTP_RESPONSE_STATUS_CODE: status})
    if route is not None:
        span.update_name(f"{method} {route}")
        span.set_attribute(HTTP_ROUTE, route)
    if status >= _FIRST_SERVER_ERROR:
        span.set_status(trace.StatusCode.ERROR)
