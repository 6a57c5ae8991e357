"""The results as Markdown."""

from __future__ import annotations

from typing import Any

ENGINE_NAMES = {
    "opine": "this engine",
    "opine_int8": "this engine, int8",
    "plain_onnx": "the same network, plainly exported to ONNX Runtime",
    "legacy_2019": "the 2019 pipeline, 1,014 characters",
    "fasttext": "fastText, for scale",
    "tf_idf": "TF-IDF and logistic regression, for scale",
}
SERVER_NAMES = {
    "opine": "this service, `POST /v1/predict`",
    "opine_api": "this service, its `@bentoml.api` method",
    "stock_bentoml": "BentoML, `batchable=True`",
    "litserve": "LitServe, batches of 64 in 5 ms",
    "fastapi": "FastAPI, the same engine, no batches",
}
BURST_ROWS = {
    "idle_ms": "lone request, idle, ms",
    "after_burst_ms": "lone request right after 64 clients, ms",
    "burst_served": "of 100 at once, served within {deadline_ms} ms ({feasible} feasible)",
    "good_answered": "of 30 good texts beside one bad, answered",
    "computed_in_vain": "of 40 clients who hung up, computed",
}
BULK_NAMES = {"ndjson": "NDJSON", "lists_of_1000": "lists of 1,000", "engine_alone": "the engine alone"}


def render(results: dict[str, Any]) -> str:
    """Everything that was measured, with its aims."""
    parts = results["parts"]
    sections = [_head(results), _aims(results["aims"])]
    if "start" in parts:
        sections.append(_start(parts["start"]))
    if "engine" in parts:
        sections.append(_engine(parts["engine"]))
    if "http" in parts:
        sections.append(_http(parts["http"]))
    if "burst" in parts:
        sections.append(_burst(parts["burst"]))
    if "bulk" in parts:
        sections.append(_bulk(parts["bulk"]))
    if "shadow" in parts:
        sections.append(_shadow(parts["shadow"]))
    return "\n\n".join(sections) + "\n"


def figures_of_readme(results: dict[str, Any]) -> list[str]:
    """Rows of the table of figures in the repository's README."""
    engine, servers, bulk = (results["parts"][name] for name in ("engine", "http", "bulk"))
    taken, burst = engine["milliseconds_a_text"], results["parts"]["burst"]

    def sides(figure: str) -> str:
        return ", ".join(
            _number(servers["servers"][name]["16"][figure]["median"]) for name in ("opine", "stock_bentoml")
        )

    served = ", ".join(_number(of["burst_served"]["median"]) for of in burst["servers"].values())
    command = "`make bench`"
    rows = [
        [
            "ms of CPU for a text of 300 characters among 32: this engine, plain ONNX export, the pipeline of 2019",
            ", ".join(_number(taken[name]["300/32"]["median"]) for name in ("opine", "plain_onnx", "legacy_2019")),
            command,
        ],
        ["predictions a second for 16 clients: this service, stock BentoML", sides("requests_a_second"), command],
        ["their p99, ms", sides("p99_ms"), command],
        [f"of 100 texts at once, {burst['feasible']} of which are feasible, in time: the same two", served, command],
        ["texts a second as NDJSON", _number(bulk["texts_a_second"]["ndjson"]["median"]), command],
    ]
    return _table([], rows).splitlines()[2:]


def _head(results: dict[str, Any]) -> str:
    machine = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"{machine['cpus']} cores of an {machine['cpu']}, Python {machine['python']}, {packages}. "
        f"Medians (least to largest) of {results['rounds']} rounds in which every contender has its turn. "
        f"Load average before {results['load_before']:.1f}, after {results['load_after']:.1f}. "
        f"Figures for a GPU: not measured."
    )


def _aims(aims: list[dict[str, Any]]) -> str:
    rows = [
        [
            aim["what"],
            f"{'at most' if aim['at_most'] else 'at least'} {aim['bound']:g}",
            f"{aim['reached']:g}",
            "yes" if aim["met"] else "no",
        ]
        for aim in aims
    ]
    return _table(["aim", "bound", "reached", "met"], rows)


def _start(part: dict[str, Any]) -> str:
    titles = {
        "command_to_ready_s": "from `bentoml serve` to ready, s",
        "worker_to_ready_s": "from the worker's start to ready, s",
        "resident_mb": "resident memory of the worker, MB",
    }
    rows = [[title, *(_spread(part[name][what]) for name in part)] for what, title in titles.items()]
    return _table(["start", *(SERVER_NAMES[name] for name in part)], rows)


def _engine(part: dict[str, Any]) -> str:
    keys = list(part["milliseconds_a_text"]["opine"])
    names = [name for name in ENGINE_NAMES if name in part["milliseconds_a_text"]]
    header = ["characters, texts at once", *(ENGINE_NAMES[name].split(" (")[0] for name in names)]
    rows = [
        [", ".join(key.split("/")), *(_spread(part["milliseconds_a_text"][name][key]) for name in names)]
        for key in keys
    ]
    shares = part["share_of_peak"]
    return "\n\n".join(
        [
            "Engine: milliseconds of CPU a text, one core; `mix` is the lengths of the corpus.",
            _table(header, rows),
            (
                f"This core reaches {part['peak_multiply_adds_a_second'] / 1e9:.0f} billion single-precision "
                f"multiply-adds a second; of these the network's own are {shares['300/1']:.0%} for one text of 300 "
                f"characters and {shares['300/32']:.0%} for 32."
            ),
            *([_gate(part["int8_gate"])] if "int8_gate" in part else []),
        ]
    )


def _gate(gate: dict[str, Any]) -> str:
    return (
        f"int8 gate: {'passed' if gate['passed'] else 'failed'}; a probability differs by up to "
        f"{gate['largest_probability_difference']:g} ({gate['allowed_difference']:g} allowed), the labels agree in "
        f"{gate['same_labels']:.1%} of texts ({gate['required_same_labels']:.1%} required)."
    )


def _http(part: dict[str, Any]) -> str:
    columns = {
        "requests_a_second": "requests a second",
        "p50_ms": "p50, ms",
        "p99_ms": "p99, ms",
        "cpu_ms_a_request": "CPU, ms a request",
    }
    rows = [
        [SERVER_NAMES[name], clients, *(_spread(figures[what]) for what in columns)]
        for name, by_clients in part["servers"].items()
        for clients, figures in by_clients.items()
    ]
    return "\n\n".join(
        [
            "HTTP: one text a request, lengths of the corpus, one worker, one compute thread.",
            _table(["server", "clients", *columns.values()], rows),
            f"The clients themselves can make {part['client_limit_requests_a_second']:,} requests a second.",
        ]
    )


def _burst(part: dict[str, Any]) -> str:
    servers = part["servers"]
    rows = [
        [title.format(**part), *(_spread(servers[name][what]) for name in servers)]
        for what, title in BURST_ROWS.items()
    ]
    return "\n\n".join(
        [
            f"Bursts: an engine that takes {part['batch_ms']} ms for a batch of at most {part['max_batch']}.",
            _table(["", *(SERVER_NAMES[name] for name in servers)], rows),
        ]
    )


def _shadow(part: dict[str, Any]) -> str:
    titles = {
        "p50_ms": "p50, ms",
        "p99_ms": "p99, ms",
        "failed": "failed",
        "compared_share": "scored by the shadow, share",
    }
    rows = [
        [title, *(_spread(part["shadow"][name][what]) for name in part["shadow"])] for what, title in titles.items()
    ]
    return "\n\n".join(
        [
            f"A shadow: {part['requests_a_second']:,} requests a second, {part['load']:.0%} of what 16 clients get.",
            _table(["live requests", *(f"{name} a shadow" for name in part["shadow"])], rows),
        ]
    )


def _bulk(part: dict[str, Any]) -> str:
    memory = part["resident_mb"]
    rows = [[BULK_NAMES[name], _spread(spread)] for name, spread in part["texts_a_second"].items()]
    return "\n\n".join(
        [
            (
                f"Bulk: {part['texts']:,} texts, lengths of the corpus, one compute thread. The worker holds "
                f"{memory['before']:.0f} MB and grew by {memory['grown']:.0f} MB over all of it."
            ),
            _table(["way", "texts a second"], rows),
        ]
    )


def _spread(spread: dict[str, float]) -> str:
    median, least, largest = (_number(spread[name]) for name in ("median", "least", "largest"))
    return median if least == largest else f"{median} ({least} to {largest})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  three digits say enough


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
