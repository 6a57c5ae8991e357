"""The load generator: clients that ask as soon as they are answered, single requests, and the clients' own limit."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import socket
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

import uvloop

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_S = 20
_PACED_CLIENTS = 128
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Answers:
    """What one or more clients saw."""

    seconds: list[float] = field(default_factory=list)
    """Of the answers with status 200."""
    failed: int = 0
    wall_s: float = 0


class _Client(asyncio.Protocol):
    """Keeps its connection. Written on the protocol itself: a client library would take more CPU than the servers."""

    def __init__(self, requests: Sequence[bytes], offset: int, answers: Answers) -> None:
        self._requests = requests
        self._next = offset
        self._answers = answers
        self._buffer = b""
        self.stopped = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            return
        self._buffer = b""
        if head.startswith(b"HTTP/1.1 200"):
            self._answers.seconds.append(time.perf_counter() - self._asked_at)
        else:
            self._answers.failed += 1
        if self.stopped:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None or not self.stopped:
            self._answers.failed += 1
        if not self.done.done():
            self.done.set_result(None)

    def close(self) -> None:
        self._transport.close()

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def _content_length(head: bytes) -> int:
    index = head.lower().find(b"content-length:")
    return int(head[index + 15 :].split(b"\r\n", 1)[0]) if index >= 0 else 0


async def _load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Answers:
    answers = Answers()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    protocols = []
    for number in range(clients):
        # Each client begins at another text.
        offset = number * len(requests) // clients
        _, protocol = await loop.create_connection(partial(_Client, requests, offset, answers), "127.0.0.1", port)
        protocols.append(protocol)
    await asyncio.sleep(seconds)
    answers.wall_s = time.perf_counter() - started
    answered = len(answers.seconds)
    for protocol in protocols:
        protocol.stopped = True
    await asyncio.wait([protocol.done for protocol in protocols], timeout=30)
    del answers.seconds[answered:]
    return answers


def load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Answers:
    """Ask for some seconds; `requests` in turn."""
    return uvloop.run(_load(port, requests, clients, seconds))


class _PacedClient(_Client):
    """Asks when it is told to, and not before it was answered."""

    def __init__(self, requests: Sequence[bytes], answers: Answers, idle: asyncio.Queue[_PacedClient]) -> None:
        super().__init__(requests, 0, answers)
        self._idle = idle

    def tell(self, index: int, due_at: float) -> None:
        """Send a request whose time is counted from when it was due."""
        self._next = index
        super()._ask()
        self._asked_at = due_at

    def _ask(self) -> None:
        self._idle.put_nowait(self)


async def _load_at_rate(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Answers:
    answers = Answers()
    loop = asyncio.get_running_loop()
    idle: asyncio.Queue[_PacedClient] = asyncio.Queue()
    protocols = []
    for _ in range(_PACED_CLIENTS):
        _, protocol = await loop.create_connection(partial(_PacedClient, requests, answers, idle), "127.0.0.1", port)
        protocols.append(protocol)
    arrivals = random.Random(1)
    started = due_at = time.perf_counter()
    index = 0
    while (due_at := due_at + arrivals.expovariate(rate)) < started + seconds:
        await asyncio.sleep(max(due_at - time.perf_counter(), 0))
        (await idle.get()).tell(index, due_at)
        index += 1
    for protocol in protocols:
        protocol.stopped = True
    for _ in range(idle.qsize()):
        idle.get_nowait().close()
    await asyncio.wait([protocol.done for protocol in protocols], timeout=30)
    answers.wall_s = time.perf_counter() - started
    return answers


def load_at_rate(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Answers:
    """Ask at random moments, so many times a second whatever the answers take; a wait for a connection counts."""
    return uvloop.run(_load_at_rate(port, requests, rate, seconds))


async def ask(port: int, request: bytes, start: asyncio.Event, bad: str | None) -> tuple[bool, float]:
    """Whether the answer was 200 and does not speak of something `bad`, and its seconds from the signal to start.

    The connection is opened before, so that a burst is one of requests and not of handshakes.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await start.wait()
        started = time.perf_counter()
        writer.write(request)
        async with asyncio.timeout(_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_content_length(head))
        ok = head.startswith(b"HTTP/1.1 200") and (bad is None or bad.encode() not in body)
        return ok, time.perf_counter() - started
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False, 0.0
    finally:
        writer.close()


async def hang_up(port: int, request: bytes, after_s: float) -> None:
    """Ask, and close the connection without waiting for the answer."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await asyncio.sleep(after_s)
    writer.close()


class _Answer(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002  every request fits one read
        self._transport.write(_ANSWER)


def _serve(listening: socket.socket) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Answer, sock=listening)
        await server.serve_forever()

    uvloop.run(serve())


def client_limit(request: bytes, clients: int, seconds: float) -> float:
    """Requests a second that the clients can make, against a server that only answers: no figure can be above it."""
    listening = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
    process.start()
    try:
        answers = load(listening.getsockname()[1], [request], clients, seconds)
    finally:
        process.terminate()
        process.join()
        listening.close()
    return round(len(answers.seconds) / answers.wall_s)
