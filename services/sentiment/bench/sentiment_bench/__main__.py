"""`make bench`: measure every part, write `results.json` beside this package and the tables to docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sentiment_bench.aims import aims
from sentiment_bench.bulk_benchmark import measure_bulk
from sentiment_bench.burst_benchmark import measure_bursts
from sentiment_bench.engine_benchmark import CONTENDERS as ENGINES
from sentiment_bench.engine_benchmark import measure_engine
from sentiment_bench.http_benchmark import measure_http
from sentiment_bench.measure import load_average, machine
from sentiment_bench.processes import CONTENDERS as SERVERS
from sentiment_bench.processes import Server
from sentiment_bench.report import render
from sentiment_bench.shadow_benchmark import measure_shadow
from sentiment_bench.start_benchmark import measure_start

HERE = Path(__file__).parents[1]
MODEL = HERE.parent / "model"
PAGE = HERE.parents[2] / "docs/benchmarks.md"
_MARK = "<!-- bench -->"
PARTS = ("start", "engine", "http", "burst", "bulk", "shadow")


def main() -> None:
    options = _parser().parse_args()
    if not options.quick and load_average() > os.cpu_count() / 2:  # type: ignore[operator]
        print(f"The machine is busy (load average {load_average()}); the figures say so.", file=sys.stderr)
    before = load_average()
    rounds = 1 if options.quick else options.rounds
    seconds = 0.5 if options.quick else options.seconds
    least_s, mixed, lines = (0.01, 32, 1000) if options.quick else (0.2, 256, options.lines)
    if options.quick:
        Server.settles_s = 0
    parts: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in options.parts:
            started = time.monotonic()
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            parts[name] = {
                "start": lambda: measure_start(MODEL, folder, rounds, 0 if options.quick else 1),
                "engine": lambda: measure_engine(MODEL, rounds, least_s, mixed, options.engines),
                "http": lambda: measure_http(MODEL, folder, rounds, seconds, options.servers),
                "burst": lambda: measure_bursts(folder, rounds, seconds),
                "bulk": lambda: measure_bulk(MODEL, folder, rounds, lines),
                "shadow": lambda: measure_shadow(MODEL, folder, rounds, seconds),
            }[name]()
            print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    results = {
        "machine": machine(),
        "rounds": rounds,
        "load_before": before,
        "load_after": load_average(),
        "aims": [aim.as_json() for aim in aims(parts)],
        "parts": parts,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(render(results))
    if options.out == HERE:
        head, mark, _ = PAGE.read_text().partition(_MARK)
        PAGE.write_text(f"{head}{mark}\n{render(results)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES), help="always with opine")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS), help="always with opine")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="length of one HTTP measurement")
    parser.add_argument("--lines", type=int, default=10_000, help="texts of a bulk request; a million take minutes")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--out", type=Path, default=HERE)
    return parser


if __name__ == "__main__":
    main()
