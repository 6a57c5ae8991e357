"""Spans by OpenTelemetry, sent by OTLP over HTTP; a service imports this only where it is told where to send them.

The SDK itself reads what its specification names: OTEL_EXPORTER_OTLP_ENDPOINT and what belongs to it,
OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_SCHEDULE_DELAY.
"""

from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from opine_common.request_ids import set_traceparent

if TYPE_CHECKING:
    from flask import Flask

# Regular expressions, with commas between them: these come every few seconds and tell nothing.
NOT_TRACED = "/livez$,/readyz$,/metrics$"


def start_tracing(service: str) -> None:
    """Send this process's spans from now on, in the background and at its end."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"opine-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def trace_flask(app: "Flask", service: str) -> None:
    """Give each request of `app` a span, and each request that it makes by urllib3."""
    # Not in the sentiment service's image.
    from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor  # noqa: PLC0415

    start_tracing(service)
    # Its comments for SQL stay in the thread's context when the request is over.
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]
        app, excluded_urls=NOT_TRACED, request_hook=name_trace, enable_commenter=False
    )
    URLLib3Instrumentor().instrument()


def name_trace(span: trace.Span, _request: Any) -> None:  # noqa: ANN401  WSGI's or ASGI's
    """OpenTelemetry's request hook: logs and problem details of the request name this span's trace."""
    context = span.get_span_context()
    trace_id, span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    set_traceparent(f"00-{trace_id}-{span_id}-{context.trace_flags:02x}")
