import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

_POLL_S = 0.05
_ANSWER_TIMEOUT_S = 2.0


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  a file and a port tell no event
        await asyncio.sleep(_POLL_S)


async def until_ready(url: str) -> None:
    """Return once `url` answers 200."""
    while await _status(url) != "200":  # noqa: ASYNC110  as above
        await asyncio.sleep(_POLL_S)


async def _status(url: str) -> str | None:
    """The status code of a GET, or None while nothing answers."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                status_line = (await reader.readline()).split()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return status_line[1].decode() if len(status_line) > 1 else None
