"""Single requests, each on a connection of its own that is there before."""

from __future__ import annotations

import asyncio
import time

_PATIENCE_S = 20


async def ask(port: int, request: bytes, gate: asyncio.Event, bad: str | None) -> tuple[bool, float]:
    """Whether the answer was 200 and does not speak of something `bad`, and its seconds from the gate's opening."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await gate.wait()
        started = time.perf_counter()
        writer.write(request)
        async with asyncio.timeout(_PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            place = head.lower().find(b"content-length:")
            body = await reader.readexactly(int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0)
        ok = head.startswith(b"HTTP/1.1 200") and (bad is None or bad.encode() not in body)
        return ok, time.perf_counter() - started
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False, 0.0
    finally:
        writer.close()


async def hang_up(port: int, request: bytes, after_s: float) -> None:
    """Ask and leave."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await asyncio.sleep(after_s)
    writer.close()
