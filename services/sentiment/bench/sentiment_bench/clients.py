"""Clients that keep their connection and ask again as soon as they are answered, all on one event loop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

import uvloop

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Answers:
    """What one or more clients saw."""

    seconds: list[float] = field(default_factory=list)
    """Of the answers with status 200."""
    failed: int = 0
    wall_s: float = 0


class _Client(asyncio.Protocol):
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

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def _content_length(head: bytes) -> int:
    place = head.lower().find(b"content-length:")
    return int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0


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
