"""Part 0: from the command to the first answer, and the memory that is held then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sentiment_bench.measure import Spread
from sentiment_bench.processes import CONTENDERS, Server

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("opine", "stock_bentoml")


def measure_start(model: Path, folder: Path, rounds: int, unmeasured: int) -> dict[str, Any]:
    """Seconds from the command and from the start of the process that answers, until it is ready.

    Args:
        model: the artefact.
        folder: for what the servers write.
        rounds: measured starts of each.
        unmeasured: starts before; the first compiles what it imports, as an image's build does for it.
    """
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in NAMES}
    for number in range(unmeasured + rounds):
        for name in NAMES:
            started = time.perf_counter()
            server = Server(CONTENDERS[name], folder, {"BENCH_MODEL": str(model)})
            try:
                server.wait()
                measured = {
                    "command_to_ready_s": time.perf_counter() - started,
                    "worker_to_ready_s": server.newest_process_age(),
                    "resident_mb": server.resident_mb(),
                }
            finally:
                server.stop()
            for what, value in measured.items() if number >= unmeasured else ():
                figures[name].setdefault(what, []).append(value)
    return {name: {what: Spread.of(v).as_json() for what, v in of.items()} for name, of in figures.items()}
