"""The gunicorn worker that serves `wsgi_bridge`: uvicorn, with an end to what a connection may take."""

import asyncio
import logging
import resource
from typing import Any

import uvicorn_worker
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# From a connection's or a request's first byte to the end of its headers.
HEAD_S = 10.0
# From there to the end of its body: a little longer than the bridge waits, which says so by 408.
BODY_S = 25.0
MOST_HEAD_BYTES = 64 * 1024
# Beyond it, the connection that has been idle for longest is closed.
MOST_CONNECTIONS = 4000
_FILES = MOST_CONNECTIONS + 200
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP with the limits that it lacks: how long and how large a head may be, how many connections."""

    # Those of this process without a request, the longest idle first.
    _idle: dict["BoundedHttp", None] = {}  # noqa: RUF012  shared on purpose

    _timer: asyncio.TimerHandle | None = None
    # Since the head began or the last of a body came: of the head, of a chunk's extension, or of trailers.
    _field_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._allow(HEAD_S)
        self._idle[self] = None
        if len(self.connections) > MOST_CONNECTIONS:
            next(iter(self._idle)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disallow()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._field_bytes += len(data)
        super().data_received(data)
        if self._field_bytes > MOST_HEAD_BYTES:
            if self._in_head:
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._idle.pop(self, None)
        self._allow(HEAD_S)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # A trailer would pass for a header, such as a trusted proxy's X-Forwarded-For, and nobody here wants any.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._field_bytes = 0
        self._allow(BODY_S)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._field_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        self._field_bytes = 0
        self._disallow()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_head and not self.transport.is_closing():
            self._idle[self] = None

    def _allow(self, seconds: float) -> None:
        self._disallow()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _disallow(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class UvicornWorker(uvicorn_worker.UvicornWorker):  # type: ignore[misc]  # ships no types
    """A gunicorn `worker_class`. Proxies are `ProxyFix`' affair, and the access log `web.instrument`'s."""

    CONFIG_KWARGS = {  # noqa: RUF012  as the base class has it
        "http": BoundedHttp,
        "loop": "asyncio",
        "ws": "none",
        "lifespan": "off",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  gunicorn's
        super().__init__(*args, **kwargs)
        # Into our log format; of its messages only what is wrong.
        logger = logging.getLogger("uvicorn.error")
        logger.propagate = True
        logger.setLevel(logging.WARNING)

    def init_process(self) -> None:
        _allow_open_files(_FILES)
        super().init_process()


def _allow_open_files(wanted: int) -> None:
    """Each connection is a file, and the usual limit of 1,024 is a soft one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
