"""Part 4: many texts as NDJSON, beside lists of them and the engine alone."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from charcnn.engine import Engine, load_engine

from sentiment_bench.measure import Spread
from sentiment_bench.processes import CONTENDERS, Server
from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LIST = 1000
_COMPARED = 10_000
_LINES_A_WRITE = 200


def measure_bulk(model: Path, folder: Path, rounds: int, texts: int) -> dict[str, Any]:
    """Texts a second, and what the service's memory grew by; of more than 10,000 texts only NDJSON reads all."""
    batch = reviews(texts, None)
    fewer = batch[:_COMPARED]
    engine = load_engine(model, "onnx", threads=1)
    server = Server(CONTENDERS["opine"], folder, {"BENCH_MODEL": str(model)})
    try:
        server.wait()
        with server.running():
            _ndjson(server.port, batch[:_LIST])
            before = server.resident_mb()
            ways: dict[str, tuple[Callable[[Sequence[str]], None], Sequence[str]]] = {
                "ndjson": (lambda texts: _ndjson(server.port, texts), batch),
                "lists_of_1000": (lambda texts: _lists(server.port, texts), fewer),
                "engine_alone": (lambda texts: _engine_alone(engine, texts), fewer),
            }
            taken: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, (way, read) in ways.items():
                    started = time.perf_counter()
                    way(read)
                    taken[name].append(len(read) / (time.perf_counter() - started))
            grown = server.resident_mb() - before
    finally:
        server.stop()
    return {
        "texts": texts,
        "texts_a_second": {name: Spread.of(values).as_json() for name, values in taken.items()},
        "resident_mb": {"before": round(before, 1), "grown": round(grown, 1)},
    }


def _ndjson(port: int, texts: Sequence[str]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        writer = threading.Thread(target=_write_lines, args=(connection, texts))
        writer.start()
        answers = sum(b'"score"' in line for line in connection.makefile("rb"))
        writer.join()
    assert answers == len(texts), f"{answers} answers to {len(texts)} lines"


def _write_lines(connection: socket.socket, texts: Sequence[str]) -> None:
    head = "POST /v1/predict/bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head.encode())
    for start in range(0, len(texts), _LINES_A_WRITE):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts[start : start + _LINES_A_WRITE]).encode()
        connection.sendall(b"%x\r\n%b\r\n" % (len(lines), lines))
    connection.sendall(b"0\r\n\r\n")


def _lists(port: int, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), _LIST):
        body = json.dumps({"texts": texts[start : start + _LIST]}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/predict", body)
        with urllib.request.urlopen(request) as response:  # noqa: S310  ours
            assert response.status == 200  # noqa: PLR2004  OK
            response.read()


def _engine_alone(engine: Engine, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), 64):
        batch = [engine.encode(text) for text in texts[start : start + 64]]
        engine.predict(batch, [False] * len(batch))
