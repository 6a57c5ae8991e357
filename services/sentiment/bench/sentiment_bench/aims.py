"""What the figures must reach: ratios of one run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sentiment_bench.burst_benchmark import CANCELLED, GOOD


@dataclass(frozen=True)
class Aim:
    what: str
    reached: float
    bound: float
    at_most: bool
    met: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def at_least(what: str, reached: float, bound: float) -> Aim:
    return Aim(what, round(reached, 3), bound, at_most=False, met=reached >= bound)


def at_most(what: str, reached: float, bound: float) -> Aim:
    return Aim(what, round(reached, 3), bound, at_most=True, met=reached <= bound)


def aims(parts: dict[str, Any]) -> list[Aim]:
    """Those whose two sides were measured."""
    found: list[Aim] = []
    if "start" in parts:
        ours, stock = parts["start"]["opine"], parts["start"]["stock_bentoml"]
        share = ours["command_to_ready_s"]["median"] / stock["command_to_ready_s"]["median"]
        found += [
            at_most("start: share of stock BentoML's time from the command to ready", share, 1),
            at_most("start: MB resident then", ours["resident_mb"]["median"], 190),
        ]
    if "engine" in parts:
        found += _engine(parts["engine"]["milliseconds_a_text"])
    if "stock_bentoml" in parts.get("http", {}).get("servers", {}):
        found += _http(parts["http"]["servers"])
    if "burst" in parts:
        found += _burst(parts["burst"])
    if "shadow" in parts:
        tails = {name: of["p99_ms"]["median"] for name, of in parts["shadow"]["shadow"].items()}
        what = "shadow: p99 of live requests with one, share of without, 70 % load"
        found.append(at_most(what, tails["with"] / tails["without"], 1.05))
    return found


def _engine(taken: dict[str, Any]) -> list[Aim]:
    def ratio(peer: str, key: str) -> float:
        return float(taken[peer][key]["median"] / taken["opine"][key]["median"])

    found = []
    if "legacy_2019" in taken:
        found += [
            at_least("engine: times the 2019 pipeline, 300 characters, one text", ratio("legacy_2019", "300/1"), 10),
            at_least("engine: times the 2019 pipeline, 300 characters, batch 32", ratio("legacy_2019", "300/32"), 10),
        ]
    if "plain_onnx" in taken:
        what = "engine: times the plain ONNX export, mixed lengths, batch 32"
        found.append(at_least(what, ratio("plain_onnx", "mix/32"), 1.5))
    return found


def _http(servers: dict[str, Any]) -> list[Aim]:
    ours, stock = (servers[name]["16"] for name in ("opine", "stock_bentoml"))
    rate = ours["requests_a_second"]["median"] / stock["requests_a_second"]["median"]
    tail = ours["p99_ms"]["median"] / stock["p99_ms"]["median"]
    return [
        at_least("HTTP: times stock BentoML's requests a second, 16 clients", rate, 2),
        at_most("HTTP: share of stock BentoML's p99, 16 clients", tail, 0.2),
    ]


def _burst(part: dict[str, Any]) -> list[Aim]:
    median = {what: spread["median"] for what, spread in part["servers"]["opine"].items()}
    return [
        at_most("burst: lone request after it, share of idle", median["after_burst_ms"] / median["idle_ms"], 1.1),
        at_least("burst: served, share of feasible", median["burst_served"] / part["feasible"], 0.95),
        at_least(f"burst: good answered of {GOOD} with one bad", median["good_answered"], GOOD),
        at_most(f"burst: computed of {CANCELLED} who had hung up", median["computed_in_vain"], 0),
    ]
