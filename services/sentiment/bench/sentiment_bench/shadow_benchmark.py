"""Part 6: what visitors wait with and without a shadow, at 70 % of what the service can do."""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from charcnn.archive import pack
from charcnn.engine import load_engine

from sentiment_bench.load_generator import load, load_at_rate
from sentiment_bench.measure import Spread, percentile
from sentiment_bench.processes import CONTENDERS, Server
from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from pathlib import Path

LOAD = 0.7
_CLIENTS = 16
_TEXTS = 200
_FOLLOWED_S = 60


class Registry:
    """Hands out a plan and two artefacts: the shipped model, and the same under another version."""

    def __init__(self, model: Path, folder: Path) -> None:
        candidate = folder / "candidate"
        shutil.copytree(model, candidate)
        manifest = candidate / "model.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": "shadow"}))
        self.live, self.candidate = load_engine(model).digest, load_engine(candidate).digest
        self.artefacts = {self.live: pack(model), self.candidate: pack(candidate)}
        self.revision, self.shadowed = 1, False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def plan(self) -> dict[str, Any]:
        candidate = {"digest": self.candidate} if self.shadowed else None
        release = 1 if self.shadowed else None
        live = {"digest": self.live}
        return {"revision": self.revision, "live": live, "candidate": candidate, "release": release, "weight": 0}

    def decide(self, *, shadowed: bool) -> None:
        self.shadowed = shadowed
        self.revision += 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.split("/")
            content = registry.artefacts[parts[4]] if "models" in parts else json.dumps(registry.plan()).encode()
            unchanged = self.headers["If-None-Match"] == f'"{registry.revision}"' and "models" not in parts
            self.send_response(HTTPStatus.NOT_MODIFIED if unchanged else HTTPStatus.OK)
            self.send_header("ETag", f'"{registry.revision}"')
            self.send_header("Content-Length", str(0 if unchanged else len(content)))
            self.end_headers()
            if not unchanged:
                self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return Handler


def measure_shadow(model: Path, folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """Latencies with and without, in turns, and how many of the texts the shadow scored."""
    texts = reviews(_TEXTS, None)
    registry = Registry(model, folder)
    environment = {
        "BENCH_MODEL": str(model),
        "OPINE_SENTIMENT_REGISTRY_URL": registry.url,
        "OPINE_SENTIMENT_REGISTRY_POLL_S": "0.1",
        "OPINE_SENTIMENT_CACHE_DIR": str(folder / "cache"),
    }
    server = Server(CONTENDERS["opine"], folder, environment)
    figures: dict[str, dict[str, list[float]]] = {"without": {}, "with": {}}
    try:
        server.wait()
        requests = [server.request(text) for text in texts]
        load(server.port, requests, 1, seconds)
        most = load(server.port, requests, _CLIENTS, seconds)
        rate = LOAD * len(most.seconds) / most.wall_s
        for _ in range(rounds):
            for name, measured in figures.items():
                registry.decide(shadowed=name == "with")
                _until_followed(server, registry.revision)
                before = _compared(server)
                answers = load_at_rate(server.port, requests, rate, seconds)
                answered = max(len(answers.seconds), 1)
                for what, value in {
                    "p50_ms": percentile(answers.seconds, 0.5) * 1000,
                    "p99_ms": percentile(answers.seconds, 0.99) * 1000,
                    "failed": answers.failed,
                    "compared_share": (_compared(server) - before) / answered,
                }.items():
                    measured.setdefault(what, []).append(value)
    finally:
        server.stop()
        registry.close()
    spreads = {name: {what: Spread.of(values).as_json() for what, values in of.items()} for name, of in figures.items()}
    return {"load": LOAD, "requests_a_second": round(rate), "shadow": spreads}


def _get(server: Server, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def _until_followed(server: Server, revision: int) -> None:
    deadline = time.monotonic() + _FOLLOWED_S
    while json.loads(_get(server, "/v1/models"))["revision"] != revision:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the release plan was not followed:\n{server.log.read_text()[-3000:]}")
        time.sleep(0.05)


def _compared(server: Server) -> float:
    wanted = 'opine_sentiment_shadow_texts_total{model_version="shadow",outcome="compared"}'
    lines = _get(server, "/metrics").splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(wanted))
