"""`POST /v1/predict/bulk`: lines in, lines out."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opine_sentiment.schemas import TextPrediction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.sentiment.server import Launcher, Server

HEAD = b"POST /v1/predict/bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


def lines(texts: list[str]) -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def bulk(server: Server, body: bytes | Iterator[bytes], query: str = "") -> list[dict[str, Any]]:
    response = server.http.post("/v1/predict/bulk" + query, content=body, timeout=30)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def resident_kb(server: Server) -> int:
    worker = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=True
    )
    return int(worker.stdout)


def test_lines_are_answered_as_requests_are(real: Server) -> None:
    texts = ["Great shop!", "", "Très déçu 😡", "x" * 3000] * 60
    alone = real.http.post("/v1/predict", json={"texts": texts}, timeout=30).json()
    answers = bulk(real, lines(texts))
    for answer, expected in zip(answers, alone["predictions"], strict=True):
        assert answer["label"] == expected["label"]
        assert answer["star_probabilities"] == pytest.approx(expected["star_probabilities"], abs=2e-6)
    explained = bulk(real, lines(["four"]), "?explain=true")
    assert len(explained[0]["contributions"]) == 4


def test_the_model_is_named_in_the_headers(real: Server) -> None:
    headers = real.http.post("/v1/predict/bulk", content=b"").headers
    assert (headers["X-Model-Name"], headers["X-Model-Version"]) == ("tiny", "0.1.2")
    assert len(headers["X-Model-Digest"]) == 64


def test_bad_lines_are_answered_in_their_place(real: Server) -> None:
    body = lines(["good"]) + b"nonsense\n\n" + lines(["x" * 20_001, "good"]) + b"x" * 500_000 + b"\n" + lines(["good"])
    answers = bulk(real, iter([body[:30], body[30:400_000], body[400_000:]]))
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [None, "malformed", "malformed", "too_long", None, "too_long", None]
    for answer in answers:
        TextPrediction.model_validate(answer, strict=True)


@pytest.mark.parametrize(("query", "field"), [("?explain=yes", "explain"), ("?texts=1", "texts")])
def test_a_query_that_is_not_known_is_refused(real: Server, query: str, field: str) -> None:
    response = real.http.post("/v1/predict/bulk" + query, content=b"")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def test_many_lines_come_back_in_order_in_flat_memory(stand_in: Server) -> None:
    def body() -> Iterator[bytes]:
        for start in range(0, 6_000, 500):
            yield lines(["x" * (number % 50 + 20) for number in range(start, start + 500)])

    bulk(stand_in, lines(["x"] * 2000))
    before = resident_kb(stand_in)
    scores = [round(answer["score"] * 100_000) for answer in bulk(stand_in, body())]
    assert scores == [number % 50 + 20 for number in range(6_000)]
    assert resident_kb(stand_in) < before + 8_000


def test_a_client_that_does_not_read_stops_the_reading_of_its_lines(stand_in: Server) -> None:
    """Back-pressure: what it can send is bounded by buffers, not by its will."""
    with socket.create_connection(stand_in.address) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(HEAD)
        connection.settimeout(2)
        part = chunk(lines(["x" * 20] * 300))
        sent = 0
        with suppress(TimeoutError):
            while sent < 40_000_000:
                sent += connection.send(part)
        assert sent < 40_000_000
    assert stand_in.http.post("/v1/predict", json={"texts": ["still here"]}).status_code == 200


def test_single_texts_pass_a_bulk_request(stand_in: Server) -> None:
    with socket.create_connection(stand_in.address) as connection:
        stand_in.hold()
        connection.sendall(HEAD + chunk(lines(["x" * 20] * 40)))
        while not stand_in.computed():
            time.sleep(0.01)
        with httpx.Client(base_url=stand_in.url) as client:
            stand_in.release()
            client.post("/v1/predict", json={"texts": ["y" * 30]})
        connection.sendall(chunk(b""))
        answer = connection.makefile("rb").read()
    assert answer.count(b'"score"') == 40
    assert 30 in stand_in.computed()


def accepted(server: Server) -> socket.socket:
    """The connection of a bulk request in progress; the service may have yet to notice that an earlier one has gone."""
    deadline = time.monotonic() + 20
    while True:
        connection = socket.create_connection(server.address)
        connection.sendall(HEAD + chunk(lines(["x" * 20])))
        answer = connection.recv(1000)
        if answer.startswith(b"HTTP/1.1 200"):
            return connection
        connection.close()
        assert time.monotonic() < deadline, answer
        time.sleep(0.01)


def test_as_many_bulk_requests_as_allowed(stand_in: Server) -> None:
    open_ones = [accepted(stand_in) for _ in range(2)]
    refused = stand_in.http.post("/v1/predict/bulk", content=b"")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["detail"] == "2 bulk requests are in progress; 2 are allowed"
    for connection in open_ones:
        connection.close()
    while stand_in.http.post("/v1/predict/bulk", content=b"").status_code != 200:
        time.sleep(0.01)


def test_a_client_that_stalls_is_cut_off(stand_in: Server) -> None:
    with socket.create_connection(stand_in.address) as connection:
        connection.sendall(HEAD + chunk(lines(["x" * 20])) + b"3\r\n")
        answer = connection.makefile("rb").read()
    assert answer.count(b'"score"') == 1
    assert not answer.endswith(b"0\r\n\r\n"), "it must not look whole"


def test_the_end_of_the_service_cuts_a_bulk_request_after_what_it_accepted(launcher: Launcher) -> None:
    server = launcher.stand_in()
    (server.folder / "warm").touch()
    server.until("/readyz", 200)
    with socket.create_connection(server.address) as connection:
        connection.sendall(HEAD + chunk(lines(["x" * 20])))
        answer = b""
        while b'"score"' not in answer:  # head and body may come together or apart
            part = connection.recv(1000)
            assert part, answer
            answer += part
        server.process.send_signal(signal.SIGTERM)
        rest = b""
        while True:
            try:
                connection.sendall(chunk(lines(["x" * 21])))
                rest += connection.recv(1000)
                time.sleep(0.05)
            except OSError:
                break
    assert b"0\r\n\r\n" not in rest
    assert server.process.wait(10) == 0
