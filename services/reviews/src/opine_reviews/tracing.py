"""Spans of requests, of what they ask the model, and of their statements; imported only where spans are sent."""

from flask import Flask
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opine_common.tracing import trace_flask


def trace_requests(app: Flask, service: str) -> None:
    """Call it before the first connection to PostgreSQL, whose log and `pg_stat_activity` get the `traceparent`."""
    trace_flask(app, service)
    # Of all that a comment could say: versions of the driver are known.
    only_the_trace = dict.fromkeys(
        ("db_driver", "dbapi_threadsafety", "dbapi_level", "driver_paramstyle", "libpq_version"), False
    )
    # Parameters, which hold reviews, are no part of a span.
    Psycopg2Instrumentor().instrument(enable_commenter=True, commenter_options=only_the_trace)
