"""A small TCP balancer: new connections go to a backend whose `/readyz` said 200 a moment ago."""

from __future__ import annotations

import asyncio
import itertools

CHECK_S = 0.05


class Balancer:
    def __init__(self) -> None:
        self.ready: list[tuple[str, int]] = []
        self.has_backend = asyncio.Event()
        self._turn = itertools.count()

    async def check(self, backends: list[tuple[str, int]]) -> None:
        """Keep asking, until cancelled; `backends` may change."""
        while True:
            asked = list(backends)
            answers = await asyncio.gather(*(_is_ready(backend) for backend in asked))
            self.ready = [backend for backend, ready in zip(asked, answers, strict=True) if ready]
            if self.ready:
                self.has_backend.set()
            await asyncio.sleep(CHECK_S)

    async def serve(self) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._connect, "127.0.0.1")
        return server, server.sockets[0].getsockname()[1]

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.ready[next(self._turn) % len(self.ready)]
        try:
            behind_reader, behind_writer = await asyncio.open_connection(host, port)
            await asyncio.gather(_copy(reader, behind_writer), _copy(behind_reader, writer))
        except OSError:
            writer.close()


async def _is_ready(backend: tuple[str, int]) -> bool:
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(*backend)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return (await reader.read()).startswith(b"HTTP/1.1 200")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other ends too."""
    try:
        while content := await reader.read(1 << 16):
            writer.write(content)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
