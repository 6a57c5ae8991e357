"""Part 2: requests for one text, each by one of some clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sentiment_bench.load_generator import client_limit, load
from sentiment_bench.measure import Spread, percentile
from sentiment_bench.processes import CONTENDERS, Server
from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENTS = (1, 16, 64)
_TEXTS = 200


def measure_http(model: Path, folder: Path, rounds: int, seconds: float, names: Sequence[str]) -> dict[str, Any]:
    """Requests a second, latencies and CPU, by server and clients; every server in each round."""
    texts = reviews(_TEXTS, None)
    servers = [Server(CONTENDERS[name], folder, {"BENCH_MODEL": str(model)}) for name in names]
    figures: dict[str, dict[str, dict[str, list[float]]]] = {
        name: {str(clients): {} for clients in CLIENTS} for name in names
    }
    try:
        for server in servers:
            server.wait()
            with server.running():
                load(server.port, [server.request(text) for text in texts], CLIENTS[0], seconds)
        # From few clients to many: after a burst some servers are slower for a minute, which is another part's matter.
        for clients in CLIENTS:
            for _ in range(rounds):
                for server in servers:
                    with server.running():
                        measured = _round(server, texts, clients, seconds)
                    for what, value in measured.items():
                        figures[server.contender.name][str(clients)].setdefault(what, []).append(value)
        limit = client_limit(servers[0].request(texts[0]), CLIENTS[1], seconds)
    finally:
        for server in servers:
            server.stop()
    spreads = {
        name: {clients: {what: Spread.of(v).as_json() for what, v in of.items()} for clients, of in by.items()}
        for name, by in figures.items()
    }
    return {"servers": spreads, "client_limit_requests_a_second": limit}


def _round(server: Server, texts: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    before = server.cpu_seconds()
    answers = load(server.port, [server.request(text) for text in texts], clients, seconds)
    answered = max(len(answers.seconds), 1)
    return {
        "requests_a_second": answered / answers.wall_s,
        "p50_ms": percentile(answers.seconds, 0.5) * 1000,
        "p99_ms": percentile(answers.seconds, 0.99) * 1000,
        "cpu_ms_a_request": (server.cpu_seconds() - before) / answered * 1000,
        "failed": answers.failed,
    }
