"""Serves a Flask application from an event loop, so that slow clients hold no thread.

A request gets a thread when it has arrived whole, and gives it back when its answer is made. A client that sends or
reads slowly costs a connection and bounded memory. Why not by a2wsgi: docs/decisions/services.md.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any

from opine_common import request_ids
from opine_common.http_metrics import PROBES, record_request
from opine_common.problems import MEDIA_TYPE, Problem
from opine_common.wsgi_request import Body, DisconnectedError, Memory, WsgiRequest, busy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from opine_common.asgi import Message, Receive, Scope, Send

# An answer up to this size is taken from its thread at once; a longer one, such as an export, is passed on in pieces.
_COLLECTED_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What requests may take.

    Args:
        threads: how many requests are worked on at a time.
        shares: how many of them the requests for a path may take; more wait for `queue_s` before they take another.
        body_bytes: longest request body.
        large_body_bytes: the same of the paths that take more; of these bodies one is read at a time, into a file.
        may_send_large: whether a request with this `Authorization` may send one; another's would be read before the
            application refuses it, and meanwhile nobody else could send theirs.
        receive_s: how long a body may take to arrive.
        queue_s: how long a request waits for a thread before it is answered 503.
        stall_s: how long a client may take for a piece of its answer.
    """

    threads: int
    shares: Mapping[str, int] = field(default_factory=dict)
    body_bytes: int
    large_body_bytes: Mapping[str, int] = field(default_factory=dict)
    may_send_large: Callable[[str], bool] = lambda _: True
    receive_s: float = 20.0
    queue_s: float = 2.0
    stall_s: float = 30.0


class Turns:
    """Lets so many requests for one path into threads at a time; the others wait in the event loop.

    Who has waited in vain is let through all the same, for the application to refuse in its own words, and those after
    it at once until a turn is free: their callers would only wait as well.

    Args:
        count: how many.
        wait_s: how long a request waits for its turn.
    """

    def __init__(self, count: int, *, wait_s: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._wait_s = wait_s
        self._jammed = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(0 if self._jammed else self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            self._jammed = True
            yield
            return
        self._jammed = False
        try:
            yield
        finally:
            self._free.release()


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
        self._memory = Memory()
        self._turns = asyncio.Semaphore(limits.threads)
        self._shares = {path: Turns(count, wait_s=limits.queue_s) for path, count in limits.shares.items()}
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="request")
        # Each has a thread of its own, so that it answers while all others hang.
        self._probe_threads = {path: ThreadPoolExecutor(1, thread_name_prefix=path[1:]) for path in PROBES}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        with self._memory.share() as share:
            request = WsgiRequest(scope, receive, send, time.monotonic(), share)
            try:
                await self._answer(request)
            except Problem as problem:
                await self._refuse(request, problem)
            except DisconnectedError:
                pass

    async def _answer(self, request: WsgiRequest) -> None:
        self._require_port(request)
        limits = self._limits
        most = limits.large_body_bytes.get(request.scope["path"], limits.body_bytes)
        if most > limits.body_bytes:
            given = _text(dict(request.scope["headers"]).get(b"authorization")) or ""
            most = most if limits.may_send_large(given) else limits.body_bytes
        body = await request.body(most, most_in_memory=limits.body_bytes, within_s=limits.receive_s)
        call = _Call(self._app, request, body, asyncio.get_running_loop(), limits.stall_s)
        await self._run_in_thread(call, request.scope["path"])
        await call.send_collected()

    def _require_port(self, request: WsgiRequest) -> None:
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
                raise busy() from None
            try:
                await loop.run_in_executor(self._threads, call.run)
            finally:
                self._turns.release()

    async def _refuse(self, request: WsgiRequest, problem: Problem) -> None:
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


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _start(status: int, headers: Iterable[tuple[str, str]]) -> "Message":
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": int(status), "headers": encoded}


class _Call:
    """One call of the WSGI application: `run` in a thread, then `send_collected` in the event loop."""

    def __init__(
        self,
        app: "WSGIApplication",
        request: WsgiRequest,
        body: Body,
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
