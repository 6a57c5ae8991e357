"""A request that has come whole: its body within limits, and the environment of a WSGI application (PEP 3333)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import RequestEntityTooLarge

from opine_common.problems import Problem
from opine_common.web import ARRIVED_KEY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from opine_common.asgi import Receive, Scope, Send

# What all bodies and collected answers of a process may take together.
_HELD_BYTES = 32 * 1024 * 1024


def busy() -> Problem:
    return Problem(
        503, "The service is busy at the moment. Try again later.", kind="busy", headers={"Retry-After": "2"}
    )


class DisconnectedError(Exception):
    """The client has gone."""


class Memory:
    """What requests keep in memory together; changed by the event loop alone."""

    def __init__(self) -> None:
        self.bytes = 0
        self.has_file = False

    def share(self) -> "MemoryShare":
        return MemoryShare(self)


class MemoryShare:
    """One request's part of it, given back at the end of the block."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._bytes = 0
        # For a body that memory is too dear for.
        self.file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._memory.bytes -= self._bytes
        if self.file is not None:
            self.file.close()
            self._memory.has_file = False

    def take_file(self) -> None:
        """Raises Problem, 503, while another request has one."""
        if self._memory.has_file:
            raise busy()
        self._memory.has_file = True
        self.file = TemporaryFile()  # noqa: SIM115  closed at the end of the block

    def has_room_for(self, count: int) -> bool:
        return self._memory.bytes + count <= _HELD_BYTES

    def add(self, count: int) -> None:
        self._bytes += count
        self._memory.bytes += count


@dataclass(frozen=True)
class WsgiRequest:
    scope: "Scope"
    receive: "Receive"
    send: "Send"
    # By the monotonic clock.
    arrived: float
    share: MemoryShare

    async def body(self, most: int, *, most_in_memory: int, within_s: float) -> "Body":
        """Read it whole.

        Args:
            most: bytes; of a longer body nothing is kept.
            most_in_memory: bytes; a longer body goes into a file, which one request has at a time.
            within_s: how long it may take to arrive.

        Raises:
            Problem: 408, it does not come; 503, all bodies together take too much memory, or another has the file.
            DisconnectedError: the client has gone meanwhile.
        """
        announced = next((value for name, value in self.scope["headers"] if name == b"content-length"), b"0")
        # What is no number never comes here: the server's parser refuses it.
        length = int(announced)
        if length > most:
            return Body(length, _TooLargeStream())
        if length > most_in_memory:
            self.share.take_file()
        try:
            async with asyncio.timeout(within_s):
                return await self._body(most)
        except TimeoutError:
            raise Problem(
                408,
                f"The body did not arrive within {within_s:g} s. Send it again, faster.",
                headers={"Connection": "close"},
            ) from None

    async def _body(self, most: int) -> "Body":
        stream = self.share.file or BytesIO()
        length = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            chunk = message.get("body", b"")
            length += len(chunk)
            if length > most:
                return Body(length, _TooLargeStream())
            if not self.share.file:
                if not self.share.has_room_for(len(chunk)):
                    raise busy()
                self.share.add(len(chunk))
            stream.write(chunk)
            if not message.get("more_body"):
                stream.seek(0)
                return Body(length, stream)

    def environ(self, body: "Body") -> "WSGIEnvironment":
        """PEP 3333's dictionary."""
        scope = self.scope
        host, port = scope["server"]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": scope["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
            "QUERY_STRING": scope["query_string"].decode("latin-1"),
            "SERVER_NAME": host,
            "SERVER_PORT": str(port or 0),
            "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
            "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
            "CONTENT_LENGTH": str(body.length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope["scheme"],
            "wsgi.input": body.stream,
            "wsgi.input_terminated": True,
            # What goes wrong is logged.
            "wsgi.errors": _Nowhere(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            ARRIVED_KEY: self.arrived,
        }
        for name, value in scope["headers"]:
            # A name with an underscore would pass for one with a hyphen, such as a trusted proxy's X-Forwarded-For.
            if b"_" in name or name in {b"content-length", b"transfer-encoding"}:
                continue
            key = name.decode("latin-1").upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            text = value.decode("latin-1")
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{text}" if key in environ else text
        return environ


@dataclass(frozen=True)
class Body:
    # As announced, or as much as came.
    length: int
    stream: IO[bytes]


class _TooLargeStream(BytesIO):
    """Of a body that is too large nothing is kept; the application refuses it by its length, or when it reads."""

    def read(self, _size: int | None = -1) -> bytes:
        raise RequestEntityTooLarge

    def readinto(self, _buffer: Any) -> int:  # noqa: ANN401  anything that can be written to
        raise RequestEntityTooLarge

    readline = read


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def writelines(self, _lines: Iterable[str]) -> None:
        return

    def flush(self) -> None:
        return
