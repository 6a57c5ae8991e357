"""How many requests a second the clients of the benchmark can make: against a server that only answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from typing import cast

import uvloop

from sentiment_bench.clients import load

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


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


def client_ceiling(request: bytes, clients: int, seconds: float) -> float:
    """Requests a second."""
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
