"""What is too much: for one request, for the queue, for the engine."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sentiment.server import Server


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def post(client: httpx.AsyncClient, *lengths: int, timeout: float = 20) -> asyncio.Task[httpx.Response]:
    """Texts of these lengths; the stand-in engine's scores and its log tell them apart."""
    texts = ["x" * length for length in lengths]
    headers = {"X-Request-Timeout": str(timeout)}
    return asyncio.ensure_future(client.post("/v1/predict", json={"texts": texts}, headers=headers))


async def until_computing(server: Server) -> None:
    """Wait for the first batch to reach the engine, which is held there."""
    await asyncio.to_thread(until, lambda: server.computed() == [1])


async def until_waiting(client: httpx.AsyncClient, rows: int) -> None:
    deadline = time.monotonic() + 20
    while f"opine_sentiment_queue_rows {rows}.0" not in (await client.get("/metrics")).text:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def lengths_of(response: httpx.Response) -> list[int]:
    return [round(prediction["score"] * 100_000) for prediction in response.json()["predictions"]]


@pytest.mark.parametrize("size", [20_001, 39_000, 500_000])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(
    stand_in: Server, size: int, *, declared: bool
) -> None:
    content = b"x" * size
    response = stand_in.http.post("/v1/predict", content=content if declared else iter([content]))
    assert response.status_code == 413
    assert "larger than 20000 bytes" in response.json()["detail"]


def test_a_body_of_the_largest_size_is_read(stand_in: Server) -> None:
    body = json.dumps({"texts": ["fits"]}).encode()
    response = stand_in.http.post("/v1/predict", content=body + b" " * (20_000 - len(body)))
    assert response.status_code == 200


async def _overload(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        server.hold()
        running = post(client, 1)
        await until_computing(server)
        waiting = post(client, *range(2, 11))
        await until_waiting(client, 9)
        refused = await post(client, 11, 12)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        fits = post(client, 14)
        await until_waiting(client, 10)
        server.release()
        assert [lengths_of(await task) for task in (running, waiting, fits)] == [[1], list(range(2, 11)), [14]]


def test_a_full_queue_refuses_and_still_answers_what_it_accepted(stand_in: Server) -> None:
    asyncio.run(_overload(stand_in))
    assert 11 not in stand_in.computed()


@pytest.mark.parametrize("header", ["soon", "0", "-1", "nan", ""])
def test_a_timeout_that_is_no_time_is_refused(stand_in: Server, header: str) -> None:
    response = stand_in.http.post("/v1/predict", json={"texts": ["fine"]}, headers={"X-Request-Timeout": header})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "X-Request-Timeout"


async def _deadlines(server: Server) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        server.hold()
        running = post(client, 1)
        await until_computing(server)
        refused = await post(client, 41, timeout=0.0001)
        expires = post(client, 42, timeout=0.2)
        patient = post(client, 43, timeout=1e9)
        await until_waiting(client, 2)
        await asyncio.sleep(0.3)
        server.release()
        assert lengths_of(await running) == [1], "it had begun"
        assert lengths_of(await patient) == [43]
        return [refused, await expires]


def test_who_cannot_be_in_time_is_refused_and_who_is_not_is_given_up(stand_in: Server) -> None:
    refused, expired = asyncio.run(_deadlines(stand_in))
    assert refused.status_code == 429
    assert refused.json()["detail"].endswith("s too late")
    assert int(refused.headers["Retry-After"]) >= 1
    assert expired.status_code == 504
    assert expired.json()["detail"].endswith("the time allowed is over")
    assert stand_in.computed() == [1, 43]
    metrics = stand_in.http.get("/metrics").text
    assert 'opine_sentiment_rejected_total{reason="deadline"}' in metrics
    assert 'opine_sentiment_rejected_total{reason="expired"}' in metrics


async def _turns(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        server.hold()
        running = post(client, 1)
        await until_computing(server)
        long = post(client, *range(20, 28))
        await until_waiting(client, 8)
        short = post(client, 50)
        await until_waiting(client, 9)
        server.release()
        await asyncio.gather(running, long, short)


def test_a_long_list_does_not_hold_up_a_single_text(stand_in: Server) -> None:
    asyncio.run(_turns(stand_in))
    assert stand_in.computed() == [1, 20, 50, 21, 22, 23, 24, 25, 26, 27]


async def _poison(server: Server) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        server.hold()
        running = post(client, 1)
        await until_computing(server)
        tasks = [post(client, 13), post(client, 7, 13), post(client, 8)]
        await until_waiting(client, 4)
        server.release()
        await running
        return list(await asyncio.gather(*tasks))


def test_one_poisoned_text_fails_alone(stand_in: Server) -> None:
    alone, mixed, other = asyncio.run(_poison(stand_in))
    error = {"code": "internal", "message": "the text could not be scored; the service's log has the reason"}
    assert alone.json()["predictions"] == [{"error": error}]
    assert mixed.json()["predictions"][1] == {"error": error}
    assert round(mixed.json()["predictions"][0]["score"] * 100_000) == 7
    assert lengths_of(other) == [8]
    assert "RuntimeError: thirteen" in stand_in.log


def gone_in(metrics: str) -> float:
    counted = re.search(r'rejected_total\{reason="cancelled"\} (\S+)', metrics)
    return float(counted[1]) if counted else 0.0


def gone(client: httpx.Client) -> float:
    return gone_in(client.get("/metrics").text)


def test_nothing_is_computed_for_a_client_that_has_left(stand_in: Server) -> None:
    with httpx.Client(base_url=stand_in.url) as client:
        before = gone(client)
        stand_in.hold()
        with socket.create_connection(stand_in.address) as leaver, socket.create_connection(stand_in.address) as stayer:
            for connection, length in ((stayer, 1), (leaver, 33)):
                body = json.dumps({"texts": ["x" * length]})
                head = f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
                until(lambda: bool(stand_in.computed()))
            until(lambda: "opine_sentiment_queue_rows 1.0" in client.get("/metrics").text)
            leaver.close()
            until(lambda: "opine_sentiment_queue_rows 0.0" in client.get("/metrics").text)
            stand_in.release()
            assert stayer.recv(1000).startswith(b"HTTP/1.1 200")
        metrics = client.get("/metrics").text
    assert stand_in.computed() == [1]
    assert gone_in(metrics) == before + 1
    assert 'status="499"' in metrics
