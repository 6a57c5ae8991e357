"""The end of a process: nothing that was accepted is lost, and nothing waits for a process that has gone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.sentiment.balancer import Balancer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sentiment.server import Launcher, Server

SERVICE = "opine_sentiment.service:Sentiment"


async def _rollout(launcher: Launcher, artefact: Path) -> tuple[list[int], int]:
    """Replace both of two processes while clients ask; statuses, and requests after the last end."""
    servers = [launcher.launch(SERVICE, model_dir=artefact, drain_s=1) for _ in range(4)]
    for server in servers:
        await asyncio.to_thread(server.until, "/readyz", 200)
    old, new = servers[:2], servers[2:]
    balancer, backends = Balancer(), [server.address for server in old]
    checking = asyncio.create_task(balancer.check(backends))
    await balancer.has_backend.wait()
    front, port = await balancer.serve()
    statuses: list[int] = []
    over = False

    async def client(*, keeps_connection: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=None if keeps_connection else 0)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=20) as session:
            while not over:
                response = await session.post("/v1/predict", json={"texts": ["Great shop! " * 30] * 3})
                statuses.append(response.status_code)

    clients = [asyncio.create_task(client(keeps_connection=number % 2 == 0)) for number in range(8)]
    for server, successor in zip(old, new, strict=True):
        await asyncio.sleep(0.5)
        backends.append(successor.address)
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, 30) == 0
    before = len(statuses)
    await asyncio.sleep(0.5)
    over = True
    await asyncio.gather(*clients)
    checking.cancel()
    front.close()
    await asyncio.sleep(0.2)  # for the connections to end
    return statuses, len(statuses) - before


def test_a_rollout_under_load_loses_nothing(launcher: Launcher, artefact: Path) -> None:
    statuses, after = asyncio.run(_rollout(launcher, artefact))
    assert set(statuses) == {200}
    assert after > 0
    assert len(statuses) > 100


def test_it_is_not_ready_then_finishes_what_it_accepted_then_ends(launcher: Launcher) -> None:
    server = launcher.stand_in(drain_s=2)
    (server.folder / "warm").touch()
    server.until("/readyz", 200)
    server.hold()
    with socket.create_connection(server.address) as accepted:
        body = b'{"texts": ["accepted"]}'
        accepted.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        while not server.computed():
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        server.until("/readyz", 503)
        late = server.http.get("/livez")
        assert (late.status_code, late.headers["Connection"]) == (200, "close")
        time.sleep(2.5)
        assert server.process.poll() is None, "it still works on what it accepted"
        server.release()
        assert accepted.recv(1000).startswith(b"HTTP/1.1 200")
    assert server.process.wait(10) == 0


def test_a_worker_that_is_ended_is_followed_by_another(launcher: Launcher, artefact: Path) -> None:
    server = launcher.launch(SERVICE, model_dir=artefact)
    server.until("/readyz", 200)
    (worker,) = server.workers()
    os.kill(worker, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while server.workers() in ([], [worker]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.until("/readyz", 200)
    assert server.stop() == 0


@pytest.mark.parametrize("sent", [b"", b'{"texts": ['])
def test_a_body_that_does_not_come_is_408(stand_in: Server, sent: bytes) -> None:
    with socket.create_connection(stand_in.address, timeout=20) as connection:
        connection.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n" + sent)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 3 s" in answer


async def _crowd(server: Server) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=server.url, timeout=20, limits=httpx.Limits(max_connections=60)) as client:
        server.hold()
        crowd = [asyncio.create_task(client.post("/v1/predict", json={"texts": []})) for _ in range(3)]
        idle = [await asyncio.open_connection(*server.address) for _ in range(40)]
        for _, writer in idle:
            writer.write(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n")
        await asyncio.gather(*crowd)
        await asyncio.sleep(0.5)
        answers = [await client.post("/v1/predict", json={"texts": []}), await client.get("/readyz")]
        for _, writer in idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        server.release()
        return answers


def test_one_request_too_many_at_a_time_is_503_and_probes_are_answered(stand_in: Server) -> None:
    refused, ready = asyncio.run(_crowd(stand_in))
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["detail"] == "40 requests are in progress; 40 are allowed"
    assert ready.status_code == 200
