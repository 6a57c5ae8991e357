"""A request's body, never more of it in memory than allowed."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_sentiment.http.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_body(request: Request, max_bytes: int, timeout_s: float) -> bytes:
    """Read up to `max_bytes` in `timeout_s` seconds.

    Of a body that is longer, as much again is read and thrown away: most clients send all of it before they look at
    the answer, and would see a broken connection instead of the 413.

    Raises:
        Problem: 413, the body is larger; 408, it did not come in time.
        starlette.requests.ClientDisconnect: the client left.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > 2 * max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            return await _read(request, max_bytes)
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not arrive within {timeout_s:g} s",
            headers={"Connection": "close"},
        ) from None


async def _read(request: Request, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
            if size > 2 * max_bytes:
                break
    if size > max_bytes:
        raise _too_large(max_bytes)
    return b"".join(chunks)


def _too_large(max_bytes: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is larger than {max_bytes} bytes; send fewer or shorter texts",
        headers={"Connection": "close"},
    )
