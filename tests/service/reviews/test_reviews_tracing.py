"""PostgreSQL learns which trace a statement belongs to; of what is not sampled nobody learns anything."""

import re
import subprocess
import sys

import pytest

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


ASKED = """
import flask
from opine_common.tracing import trace_flask
from opine_common.web import instrument
from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opine_common.request_ids import outgoing_headers

app = flask.Flask("asked")

@app.get("/seen")
def seen():
    return {"recorded": trace.get_current_span().is_recording(), "looked_at": is_instrumentation_enabled(),
            **outgoing_headers()}

trace_flask(app, "reviews")
instrument(app, "reviews")
answer = app.test_client().get("/seen", headers={"traceparent": "00-" + "a" * 32 + "-" + "1" * 16 + "-FLAGS"})
print(answer.json["recorded"], answer.json["looked_at"], answer.json["traceparent"])
"""


@pytest.mark.parametrize(("flags", "recorded"), [("01", True), ("00", False)])
def test_of_a_request_that_is_not_sampled_nothing_is_recorded(flags: str, recorded: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED.replace("FLAGS", flags)],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(
        rf"{recorded} {recorded} 00-a{{32}}-(?!1{{16}})[0-9a-f]{{16}}-{flags}", done.stdout.strip().splitlines()[-1]
    )
