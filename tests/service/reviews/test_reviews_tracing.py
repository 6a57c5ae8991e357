"""PostgreSQL learns which trace a statement belongs to."""

import re
import subprocess
import sys

from tests.support.postgres import Postgres

TRACED = """
import sys, flask, psycopg2
from opine_reviews.tracing import trace_requests
trace_requests(flask.Flask("traced"), "reviews")
from opentelemetry import trace
with trace.get_tracer("tests").start_as_current_span("asked"):
    cursor = psycopg2.connect(sys.argv[1]).cursor()
    cursor.execute("SELECT current_query(), %s", ("a parameter",))
    print(trace.format_trace_id(trace.get_current_span().get_span_context().trace_id), cursor.fetchone()[0])
"""


def test_a_statement_names_its_trace_and_nothing_else(postgres: Postgres) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRACED, postgres.url.replace("+psycopg2", "")],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    trace_id, query = done.stdout.split(" ", 1)
    (comment,) = re.findall(r"/\*(.*?)\*/", query)
    assert re.fullmatch(rf"traceparent='00-{trace_id}-[0-9a-f]{{16}}-0[13]'", comment)
