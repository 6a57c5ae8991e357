"""One trace from the page to the model and to PostgreSQL, where a collector is set; nothing of it elsewhere."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from tests.support.local_run import OPINE_LOCAL, LocalRun
from tests.support.otlp import Collector, Span, running_collector

TEXT = "A text that no span may hold"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    folder = tmp_path_factory.mktemp("traced")
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    run = LocalRun(OPINE_LOCAL, folder / "local", cwd=folder, **environment)
    run.until_ready()
    yield run
    run.close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def post(url: str, body: object, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("POST", url, json=body, headers=headers, timeout=10, retries=False)


def trace_of(collector: Collector, *, root: str, last: str) -> list[Span]:
    """The newest trace that begins with one span and has another."""

    def complete() -> list[Span]:
        for span in reversed(collector.spans):
            found = collector.trace(span.trace_id)
            names = {one.name for one in found}
            if root in names and any(last in name for name in names) and any(not one.parent_id for one in found):
                return found
        return []

    until(complete)
    time.sleep(0.5)
    return collector.trace(complete()[0].trace_id)


def is_one_tree(trace: list[Span]) -> bool:
    ids = {span.span_id for span in trace}
    return sorted(span.parent_id in ids for span in trace) == [False] + [True] * (len(trace) - 1)


def test_a_prediction_is_one_trace_from_the_page_to_the_model(traced: LocalRun, collector: Collector) -> None:
    assert post(f"{traced.url('frontend')}/predict", {"text": TEXT}).status == 200
    trace = trace_of(collector, root="POST /predict", last="compute")
    assert is_one_tree(trace), trace
    assert {span.service for span in trace} == {"opine-frontend", "opine-reviews", "opine-sentiment"}
    queue, compute = (next(span for span in trace if span.name == name) for name in ("queue", "compute"))
    assert queue.parent_id == compute.parent_id
    assert queue.took_ns >= 0
    assert compute.took_ns > 0
    assert compute.attributes["opine.batch.rows"] == "1"
    assert TEXT not in str(collector.spans)


def test_a_review_is_one_trace_from_the_page_to_its_row(traced: LocalRun, collector: Collector) -> None:
    review = {"brand": "lego", "text": TEXT, "stars": 4, "prediction": None}
    saved = post(f"{traced.url('frontend')}/submit", {"key": uuid.uuid4().hex, "review": review})
    assert saved.status == 201, saved.data
    trace = trace_of(collector, root="POST /submit", last="INSERT")
    assert is_one_tree(trace), trace
    assert {span.service for span in trace} == {"opine-frontend", "opine-reviews"}
    (insert,) = [span for span in trace if span.name == "INSERT"]
    assert insert.attributes["db.system"] == "postgresql"
    assert TEXT not in str(collector.spans)


def test_a_callers_trace_goes_on_and_its_id_stands_in_logs_and_problems(traced: LocalRun, collector: Collector) -> None:
    trace_id = uuid.uuid4().hex
    problem = post(
        f"{traced.url('reviews')}/api/v1/predictions", {"text": ""}, traceparent=f"00-{trace_id}-{'1' * 16}-01"
    )
    assert problem.status == 422
    assert problem.json()["trace_id"] == trace_id
    until(lambda: collector.trace(trace_id))
    assert {span.parent_id for span in collector.trace(trace_id)} == {"1" * 16}
    until(lambda: f"trace_id={trace_id}" in traced.output)
    problem = post(f"{traced.url('reviews')}/api/v1/predictions", {"text": ""})
    until(lambda: collector.trace(problem.json()["trace_id"]))


def test_probes_are_no_traces(traced: LocalRun, collector: Collector) -> None:
    for service in ("frontend", "reviews", "sentiment"):
        for path in ("livez", "readyz", "metrics"):
            urllib3.request("GET", f"{traced.url(service)}/{path}")
    test_a_prediction_is_one_trace_from_the_page_to_the_model(traced, collector)
    assert not [
        span for span in collector.spans if any(probe in str(span) for probe in ("livez", "readyz", "/metrics"))
    ]


IMPORTED = "import json, sys; import {}; print(json.dumps([name for name in sys.modules if name.startswith('{}')]))"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("opine_frontend.asgi", "opentelemetry"),
        ("opine_reviews.asgi", "opentelemetry"),
        # BentoML imports the rest whether it is used or not.
        ("opine_sentiment.service", "opentelemetry.exporter"),
    ],
)
def test_without_a_collector_nothing_of_it_is_imported(module: str, unwanted: str, tmp_path: Path) -> None:
    settings = {
        "OPINE_REVIEWS_DATABASE_URL": "postgresql+psycopg2://u:p@127.0.0.1/d",
        "OPINE_REVIEWS_CLIENT_HASH_KEY": "a key of these tests",
        "BENTOML_HOME": str(tmp_path),
        "PATH": "",
    }
    command = [sys.executable, "-c", IMPORTED.format(module, unwanted)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout.splitlines()[-1]) == []
