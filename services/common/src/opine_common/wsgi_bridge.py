"""Serves a Flask application from an event loop, so that slow clients hold no thread.

A request gets a thread when it has arrived whole, and gives it back when its answer is made. A client that sends or
reads slowly costs a connection and bounded memory. Why not by a2wsgi: docs/decisions/services.md.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import RequestEntityTooLarge

from opine_common import request_ids
from opine_common.http_metrics import record_request
from opine_common.problems import MEDIA_TYPE, Problem
from opine_common.turns import Turns
from opine_common.web import ARRIVED_KEY, PROBES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from opine_common.asgi import Message, Receive, Scope, Send

# An answer up to this size is taken from its thread at once; a longer one, such as an export, is passed on in pieces.
_COLLECTED_BYTES = 2 * 1024 * 1024
# What all bodies and collected answers of a process may take together.
_HELD_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What requests may take.

    Args:
        threads: how many requests are worked on at a time.
        shares: how many of them the requests for a path may take; more wait for `queue_s` before they take another.
        body_bytes: longest request body.
        large_body_bytes: the same of the paths that take more; of these bodies one is read at a time, into a file.
        receive_s: how long a body may take to arrive.
        queue_s: how long a request waits for a thread before it is answered 503.
        stall_s: how long a client may take for a piece of its answer.
    """

    threads: int
    shares: Mapping[str, int] = field(default_factory=dict)
    body_bytes: int
    large_body_bytes: Mapping[str, int] = field(default_factory=dict)
    receive_s: float = 20.0
    queue_s: float = 2.0
    stall_s: float = 30.0


class WsgiBridge:
    """The ASGI application around a WSGI application that `web.instrument` has instrumented.

    Args:
        app: the WSGI application. It must refuse bodies that are too long itself, in its own form.
        service: its name in metrics.
        limits: what requests may take.
        management_port: where alone /metrics is answered, and only it and the probes are; None: there is no such port.
    """

    def __init__(
        self, app: "WSGIApplication", service: str, limits: Limits, *, management_port: int | None = None
    ) -> None:
        self._app = app
        self._service = service
        self._limits = limits
        self._management_port = management_port
        self._memory = _Memory()
        self._turns = asyncio.Semaphore(limits.threads)
        self._shares = {path: Turns(count, wait_s=limits.queue_s) for path, count in limits.shares.items()}
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="request")
        # Each has a thread of its own, so that it answers while all others hang.
        self._probe_threads = {path: ThreadPoolExecutor(1, thread_name_prefix=path[1:]) for path in PROBES}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        with self._memory.share() as share:
            request = _Request(scope, receive, send, time.monotonic(), share)
            try:
                await self._answer(request)
            except Problem as problem:
                await self._refuse(request, problem)
            except _DisconnectedError:
                pass

    async def _answer(self, request: "_Request") -> None:
        self._require_port(request)
        body = await request.body(self._limits)
        call = _Call(self._app, request, body, asyncio.get_running_loop(), self._limits.stall_s)
        await self._run_in_thread(call, request.scope["path"])
        await call.send_collected()

    def _require_port(self, request: "_Request") -> None:
        if self._management_port is None:
            return
        path = request.scope["path"]
        here = request.scope["server"][1] == self._management_port
        if path not in PROBES if here else path == "/metrics":
            raise Problem(404, "There is nothing at this address.")

    async def _run_in_thread(self, call: "_Call", path: str) -> None:
        loop = asyncio.get_running_loop()
        probe = self._probe_threads.get(path)
        if probe is not None:
            await loop.run_in_executor(probe, call.run)
            return
        share = self._shares.get(path)
        async with nullcontext() if share is None else share.turn():
            try:
                async with asyncio.timeout(self._limits.queue_s):
                    await self._turns.acquire()
            except TimeoutError:
                raise _busy() from None
            try:
                await loop.run_in_executor(self._threads, call.run)
            finally:
                self._turns.release()

    async def _refuse(self, request: "_Request", problem: Problem) -> None:
        """Answer what never got a thread."""
        scope = request.scope
        sent = dict(scope["headers"])
        request_id = request_ids.begin_request(*(_text(sent.get(name)) for name in (b"x-request-id", b"traceparent")))
        body = problem.body().encode()
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            request_ids.HEADER: request_id,
            **problem.headers,
        }
        await request.send(_start(problem.status, headers.items()))
        await request.send({"type": "http.response.body", "body": body})
        record_request(
            self._service,
            route=None,
            method=scope["method"],
            path=scope["path"],
            status=problem.status,
            seconds=time.monotonic() - request.arrived,
            quiet=False,
        )


def _busy() -> Problem:
    return Problem(
        503, "The service is busy at the moment. Try again later.", kind="busy", headers={"Retry-After": "2"}
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _start(status: int, headers: Iterable[tuple[str, str]]) -> "Message":
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": int(status), "headers": encoded}


class _DisconnectedError(Exception):
    """The client has gone."""


class _Memory:
    """What requests keep in memory together; changed by the event loop alone."""

    def __init__(self) -> None:
        self.bytes = 0
        self.has_file = False

    def share(self) -> "_Share":
        return _Share(self)


class _Share:
    """One request's part of it, given back at the end of the block."""

    def __init__(self, memory: _Memory) -> None:
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
            raise _busy()
        self._memory.has_file = True
        self.file = TemporaryFile()  # noqa: SIM115  closed at the end of the block

    def has_room_for(self, count: int) -> bool:
        return self._memory.bytes + count <= _HELD_BYTES

    def add(self, count: int) -> None:
        self._bytes += count
        self._memory.bytes += count


@dataclass(frozen=True)
class _Request:
    scope: "Scope"
    receive: "Receive"
    send: "Send"
    # By the monotonic clock.
    arrived: float
    share: _Share

    async def body(self, limits: Limits) -> "_Body":
        """Read it whole.

        Raises:
            Problem: 408, it does not come; 503, all bodies together take too much memory.
            _DisconnectedError: the client has gone meanwhile.
        """
        announced = next((value for name, value in self.scope["headers"] if name == b"content-length"), b"0")
        # What is no number never comes here: the server's parser refuses it.
        length = int(announced)
        most = limits.large_body_bytes.get(self.scope["path"], limits.body_bytes)
        if length > most:
            return _Body(length, _TooLargeStream())
        if length > limits.body_bytes:
            self.share.take_file()
        try:
            async with asyncio.timeout(limits.receive_s):
                return await self._body(most)
        except TimeoutError:
            raise Problem(
                408,
                f"The body did not arrive within {limits.receive_s:g} s. Send it again, faster.",
                headers={"Connection": "close"},
            ) from None

    async def _body(self, most: int) -> "_Body":
        stream = self.share.file or BytesIO()
        length = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            chunk = message.get("body", b"")
            length += len(chunk)
            if length > most:
                return _Body(length, _TooLargeStream())
            if not self.share.file:
                if not self.share.has_room_for(len(chunk)):
                    raise _busy()
                self.share.add(len(chunk))
            stream.write(chunk)
            if not message.get("more_body"):
                stream.seek(0)
                return _Body(length, stream)

    def environ(self, body: "_Body") -> "WSGIEnvironment":
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
class _Body:
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


class _Call:
    """One call of the WSGI application: `run` in a thread, then `send_collected` in the event loop."""

    def __init__(
        self,
        app: "WSGIApplication",
        request: _Request,
        body: _Body,
        loop: asyncio.AbstractEventLoop,
        stall_s: float,
    ) -> None:
        self._app = app
        self._request = request
        self._environ = request.environ(body)
        self._loop = loop
        self._stall_s = stall_s
        self._start = _start(HTTPStatus.INTERNAL_SERVER_ERROR, [])
        self._collected: bytes | None = None

    def run(self) -> None:
        answer = self._app(self._environ, self._start_response)
        try:
            chunks = iter(answer)
            most = _COLLECTED_BYTES if self._request.share.has_room_for(_COLLECTED_BYTES) else 0
            collected, ended = _collect(chunks, most)
            if ended:
                self._collected = collected
            else:
                self._stream(chain([collected], chunks))
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    async def send_collected(self) -> None:
        body = self._collected
        if body is None:
            return
        self._request.share.add(len(body))
        try:
            async with asyncio.timeout(self._stall_s):
                await self._request.send(self._start)
                await self._request.send({"type": "http.response.body", "body": body})
        except TimeoutError:
            # Without its end the answer is seen to be cut off: who does not read gets no more.
            return

    def _start_response(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:  # noqa: ANN401  the write callable, which nobody uses
        self._start = _start(int(status[:3]), headers)

    def _stream(self, chunks: Iterator[bytes]) -> None:
        """Send piece by piece, each when the client has taken the one before, until it is gone."""
        gone = asyncio.run_coroutine_threadsafe(self._until_disconnected(), self._loop)
        try:
            self._send_and_wait(self._start)
            for chunk in chunks:
                if gone.done():
                    return
                self._send_and_wait({"type": "http.response.body", "body": chunk, "more_body": True})
            self._send_and_wait({"type": "http.response.body", "body": b""})
        except TimeoutError:
            return
        finally:
            gone.cancel()

    async def _until_disconnected(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass

    def _send_and_wait(self, message: "Message") -> None:
        async def send() -> None:
            async with asyncio.timeout(self._stall_s):
                await self._request.send(message)

        asyncio.run_coroutine_threadsafe(send(), self._loop).result()


def _collect(chunks: Iterator[bytes], most: int) -> tuple[bytes, bool]:
    """The beginning of an answer, and whether it is all of it."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > most:
            return b"".join(parts), False
    return b"".join(parts), True
