"""The service as a BentoML user meets it: `bentoml serve` and BentoML's own clients."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import bentoml
import httpx
import pytest
from bentoml.exceptions import BentoMLException

if TYPE_CHECKING:
    from tests.support.sentiment.server import Server

TEXTS = ["Great shop!", "", "Très déçu, jamais livré 😡"]


def by_contract(server: Server, **fields: object) -> Any:  # noqa: ANN401  parsed JSON
    return server.http.post("/v1/predict", json={"texts": TEXTS, **fields}).json()


@pytest.mark.parametrize("explain", [False, True, "words"])
def test_the_synchronous_client_gets_what_the_contract_says(real: Server, explain: object) -> None:
    with bentoml.SyncHTTPClient(real.url) as client:
        answer = client.predict(texts=TEXTS, explain=explain)
    assert answer == by_contract(real, explain=explain)


def test_the_asynchronous_client_s_calls_are_computed_together(stand_in: Server) -> None:
    async def ask() -> list[Any]:
        async with bentoml.AsyncHTTPClient(stand_in.url) as client:
            return list(await asyncio.gather(*(client.predict(texts=["x" * n]) for n in range(20, 29))))

    answers = asyncio.run(ask())
    assert [round(answer["predictions"][0]["score"] * 100_000) for answer in answers] == list(range(20, 29))
    assert sorted(stand_in.computed()) == list(range(20, 29))


def test_a_text_that_cannot_be_scored_fails_alone(stand_in: Server) -> None:
    with bentoml.SyncHTTPClient(stand_in.url) as client:
        fine, long = client.predict(texts=["fine", "x" * 101])["predictions"]
    assert fine["label"] == "good"
    assert long["error"]["code"] == "too_long"


def test_a_refusal_has_the_contract_s_status(stand_in: Server) -> None:
    with bentoml.SyncHTTPClient(stand_in.url) as client, pytest.raises(BentoMLException) as caught:
        client.predict(texts=["x"] * 11)
    assert caught.value.error_code == 413


def test_a_deadline_holds_here_too(stand_in: Server) -> None:
    def ask(timeout: str) -> int:
        headers = {"X-Request-Timeout": timeout}
        return stand_in.http.post("/predict", json={"texts": ["x"]}, headers=headers).status_code

    assert ask("0.0001") in (429, 504)
    assert ask("soon") == 422


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused(stand_in: Server, *, declared: bool) -> None:
    body = json.dumps({"texts": ["x" * 100] * 300}).encode()
    answer = stand_in.http.post(
        "/predict",
        content=body if declared else iter([body[:15_000], body[15_000:]]),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_pickles_are_not_read(stand_in: Server) -> None:
    answer = stand_in.http.post(
        "/predict", content=b"cos\nsystem\n", headers={"Content-Type": "application/vnd.bentoml+pickle"}
    )
    assert answer.status_code == 415


def test_requests_of_this_door_are_counted_too(stand_in: Server) -> None:
    with bentoml.SyncHTTPClient(stand_in.url) as client:
        client.predict(texts=["x" * 21])
    assert 'route="/predict"' in stand_in.http.get("/metrics").text


def test_one_limit_holds_for_both_doors(stand_in: Server) -> None:
    async def crowd() -> int:
        async with httpx.AsyncClient(base_url=stand_in.url, limits=httpx.Limits(max_connections=60)) as client:
            stand_in.hold()
            idle = [await asyncio.open_connection(*stand_in.address) for _ in range(40)]
            for _, writer in idle:
                writer.write(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n")
            async with asyncio.timeout(20):
                while (answer := await client.post("/predict", json={"texts": []})).status_code == 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            for _, writer in idle:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
            stand_in.release()
            return answer.status_code

    assert asyncio.run(crowd()) == 503


def test_what_a_client_did_wrong_is_not_logged_with_its_text(stand_in: Server) -> None:
    for body in (b'{"texts": "secret review"}', b'{"texts": ["secret review"', json.dumps({"texts": ["secret"] * 11})):
        answer = stand_in.http.post("/predict", content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
    assert "secret" not in stand_in.log
    assert "Exception on /predict" not in stand_in.log


def test_a_body_that_does_not_come_is_408(stand_in: Server) -> None:
    with socket.create_connection(stand_in.address, timeout=20) as connection:
        head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        connection.sendall(head.encode())
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 408")


def test_a_client_that_hangs_up_is_no_fault_of_the_service(stand_in: Server) -> None:
    def count(status: int) -> int:
        return stand_in.http.get("/metrics").text.count(f'route="/predict",service="sentiment",status="{status}"')

    stand_in.hold()
    body = json.dumps({"texts": ["x" * 30]})
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(stand_in.address) as leaver:
        leaver.sendall((head + body).encode())
        while not stand_in.computed():
            time.sleep(0.01)
    deadline = time.monotonic() + 20
    while not count(499):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stand_in.release()
    assert not count(500)
