"""Part 3: bursts, poison and clients that hang up, on an engine that takes 100 ms for a batch of at most 8."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import uvloop

from sentiment_bench.load_generator import ask, hang_up, load
from sentiment_bench.measure import Spread, percentile
from sentiment_bench.processes import CONTENDERS, Server
from sentiment_bench.servers.bench_engine import POISON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BATCH_MS = 100
MAX_BATCH = 8
DEADLINE_MS = 350
BURST, GOOD, CANCELLED = 100, 30, 40
_BURST_CLIENTS = 64
_ARRIVED_S = 0.03
NAMES = ("opine", "stock_bentoml")


def feasible() -> int:
    """Of a burst, how many a scheduler that knows everything beforehand could serve in time."""
    return DEADLINE_MS // BATCH_MS * MAX_BATCH


def measure_bursts(folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    servers = {name: _server(name, folder) for name in NAMES}
    # Opine is told the deadline by the request; BentoML has one for all, which would also shed the other bursts.
    with_deadline = {
        **servers,
        "stock_bentoml": _server("stock_bentoml", folder / "with_deadline", max_latency_ms=DEADLINE_MS),
    }
    started = {*servers.values(), *with_deadline.values()}
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in NAMES}
    try:
        for server in started:
            server.wait()
            with server.running():
                load(server.port, [server.request("warm")], 1, seconds)
        for _ in range(rounds):
            for name in NAMES:
                with servers[name].running():
                    figures[name].setdefault("idle_ms", []).append(_lone_ms(servers[name], seconds))
        for _ in range(rounds):
            for name in NAMES:
                with with_deadline[name].running():
                    served = uvloop.run(_burst(with_deadline[name], ["burst"] * BURST, DEADLINE_MS / 1000))
                with servers[name].running():
                    measured = {"burst_served": served, **_round(servers[name], folder, seconds)}
                for what, value in measured.items():
                    figures[name].setdefault(what, []).append(value)
    finally:
        for server in started:
            server.stop()
    return {
        "batch_ms": BATCH_MS,
        "max_batch": MAX_BATCH,
        "deadline_ms": DEADLINE_MS,
        "feasible": feasible(),
        "servers": {name: {what: Spread.of(v).as_json() for what, v in of.items()} for name, of in figures.items()},
    }


def _server(name: str, folder: Path, max_latency_ms: int = 60_000) -> Server:
    folder.mkdir(exist_ok=True)
    environment = {
        "BENCH_SLOW_MS": str(BATCH_MS),
        "BENCH_COMPUTED": str(_computed(folder, name)),
        "BENCH_MAX_BATCH": str(MAX_BATCH),
        "BENCH_MAX_LATENCY_MS": str(max_latency_ms),
        "OPINE_SENTIMENT_MAX_BATCH_ROWS": str(MAX_BATCH),
    }
    return Server(CONTENDERS[name], folder, environment)


def _computed(folder: Path, name: str) -> Path:
    return folder / f"{name}.computed"


def _round(server: Server, folder: Path, seconds: float) -> dict[str, float]:
    load(server.port, [server.request("burst")], _BURST_CLIENTS, seconds)
    after_burst_ms = _lone_ms(server, seconds)
    time.sleep(1)
    good = uvloop.run(_burst(server, ["good"] * (GOOD // 2) + [POISON] + ["good"] * (GOOD // 2), None))
    time.sleep(1)
    return {
        "after_burst_ms": after_burst_ms,
        # A service that answers poison with an error inside a 200 answers one more.
        "good_answered": min(good, GOOD),
        "computed_in_vain": uvloop.run(_computed_in_vain(server, _computed(folder, server.contender.name))),
    }


def _lone_ms(server: Server, seconds: float) -> float:
    answers = load(server.port, [server.request("lone")], 1, seconds)
    return percentile(answers.seconds, 0.5) * 1000


async def _burst(server: Server, texts: Sequence[str], deadline_s: float | None) -> int:
    """Requests that come together; how many were answered, in time if there is a deadline."""
    headers = "" if deadline_s is None else f"X-Request-Timeout: {deadline_s}\r\n"
    start = asyncio.Event()
    asked = [
        asyncio.create_task(
            ask(server.port, server.request(text, headers), start, "error" if deadline_s is None else None)
        )
        for text in texts
    ]
    await asyncio.sleep(_ARRIVED_S * 5)
    start.set()
    answers = await asyncio.gather(*asked)
    return sum(ok and (deadline_s is None or seconds <= deadline_s) for ok, seconds in answers)


async def _computed_in_vain(server: Server, computed: Path) -> int:
    """Clients that come while the engine is busy and hang up before it is free; how many are computed all the same."""
    before = _cancelled_texts(computed)
    start = asyncio.Event()
    start.set()
    busy = asyncio.create_task(ask(server.port, server.request("busy"), start, None))
    await asyncio.sleep(_ARRIVED_S)
    await asyncio.gather(*(hang_up(server.port, server.request("cancelled"), _ARRIVED_S) for _ in range(CANCELLED)))
    await busy
    await asyncio.sleep(BATCH_MS / 1000 * (CANCELLED / MAX_BATCH + 2))
    return _cancelled_texts(computed) - before


def _cancelled_texts(computed: Path) -> int:
    return computed.read_text().count("cancelled")
