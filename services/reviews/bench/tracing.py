"""What traces cost: CPU time a request with and without a collector, at the API and at the model.

Usage: python services/reviews/bench/tracing.py [--clients 8] [--seconds 5] [--rounds 5]

Three pairs of an API and a model run beside each other on one PostgreSQL: without an endpoint, and sending the spans of
a tenth of the requests (the chart's default) or of all to a collector in a process of its own. They take turns. What
they compute is counted, of the API and the model together, so that what else the machine does matters little. Needs the
packages opine-local, opine-reviews and opine-sentiment.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opine_local.ports import HOST, any_free
from stack import cpu_seconds, machine, running, running_api, running_stack, table

SHARES = {"no endpoint": None, "a tenth traced": "0.1", "all traced": "1"}
TEXT = "Quick delivery and friendly people, I would buy again. "


@dataclass(frozen=True)
class Ask:
    name: str
    service: str
    method: str
    path: str
    body: object = None


ASKS = (
    Ask("a page of reviews", "api", "GET", "/api/v1/reviews"),
    Ask("a prediction, by the API", "api", "POST", "/api/v1/predictions", {"text": TEXT * 3}),
    Ask("a prediction, of the model", "model", "POST", "/v1/predict", {"texts": [TEXT * 3]}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with running_stack() as stack, collector() as endpoint, ExitStack() as started:
        database_url = str(stack.settings.database_url)
        pairs = {
            side: started.enter_context(pair(database_url, traced(endpoint, share))) for side, share in SHARES.items()
        }
        seen: dict[tuple[str, str], list[float]] = {}
        for _ in range(options.rounds):
            for ask in ASKS:
                for side in SHARES:
                    taken = milliseconds_a_request(ask, pairs[side], options.clients, options.seconds)
                    seen.setdefault((ask.name, side), []).append(taken)
        print(machine(stack))
    print(f"{options.clients} clients, the median of {options.rounds} rounds of {options.seconds:g} s each\n")
    print(table(["ms of CPU a request", *SHARES], [row(ask.name, seen) for ask in ASKS]))


def row(name: str, seen: dict[tuple[str, str], list[float]]) -> list[str]:
    off, *on = (statistics.median(seen[name, side]) for side in SHARES)
    return [name, f"{off:.2f}", *(f"{taken:.2f} ({taken / off - 1:+.0%})" for taken in on)]


def traced(endpoint: str, share: str | None) -> dict[str, str]:
    if share is None:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": share,
    }


@dataclass(frozen=True)
class Pair:
    ports: dict[str, int]
    pids: tuple[int, int]

    def cpu_seconds(self) -> float:
        return sum(map(cpu_seconds, self.pids))


@contextmanager
def pair(database_url: str, tracing: dict[str, str]) -> Iterator[Pair]:
    """A model, and an API that asks it."""
    port = any_free()
    bentoml = [str(Path(sys.executable).with_name("bentoml")), "serve", "opine_sentiment.service:Sentiment"]
    with tempfile.TemporaryDirectory(prefix="opine-bench-") as name:
        own = {"BENTOML_HOME": name, "BENTOML_DO_NOT_TRACK": "True", **tracing}
        command = [*bentoml, "--host", HOST, "--port", str(port)]
        asked = {"OPINE_REVIEWS_SENTIMENT_URL": f"http://{HOST}:{port}", **tracing}
        with (
            running(command, own, Path(name), port) as model_pid,
            running_api(Path(name), database_url, asked) as (api_port, api_pid),
        ):
            yield Pair({"model": port, "api": api_port}, (model_pid, api_pid))


@contextmanager
def collector() -> Iterator[str]:
    """Takes spans and forgets them, in a process of its own."""
    port = any_free()
    process = multiprocessing.Process(target=collect, args=(port,), daemon=True)
    process.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.join()


def collect(port: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer((HOST, port), Handler).serve_forever()


def milliseconds_a_request(ask: Ask, pair: Pair, clients: int, seconds: float) -> float:
    begun = pair.cpu_seconds()
    answered = requests_answered(ask, pair.ports[ask.service], clients, seconds)
    return (pair.cpu_seconds() - begun) / answered * 1000


def requests_answered(ask: Ask, port: int, clients: int, seconds: float) -> int:
    answered = [0] * clients
    end = time.perf_counter() + seconds

    def repeat(client: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=30)
        body = None if ask.body is None else json.dumps(ask.body)
        while time.perf_counter() < end:
            connection.request(ask.method, ask.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"{ask.name}: {answer.status}")
            answered[client] += 1
        connection.close()

    threads = [threading.Thread(target=repeat, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not all(answered):
        raise RuntimeError(f"{ask.name}: a client failed")
    return sum(answered)


if __name__ == "__main__":
    main()
