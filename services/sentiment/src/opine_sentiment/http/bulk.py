"""`POST /v1/predict/bulk`: lines in, lines out, at the same time.

A bulk request is read no faster than it is answered, and answered no faster than the client reads.
"""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect

from opine_sentiment.batching.work import OverloadedError, RejectedError
from opine_sentiment.http.request import parse_json
from opine_sentiment.http.response import lines_json
from opine_sentiment.predictor import check_text
from opine_sentiment.schemas import TextError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from opine_sentiment.http.limits import ConcurrencyLimit
    from opine_sentiment.predictor import Predictor
    from opine_sentiment.releases.serving import Version
    from opine_sentiment.schemas import Explain
    from opine_sentiment.settings import Settings

T = TypeVar("T")

MEDIA_TYPE = "application/x-ndjson"

# Groups of lines that are computed at the same time: the engine always finds the next one.
_GROUPS = 3
# A character may be written as `\ud83d\ude00`. Around the text there are braces, its name, and a writer's spaces.
_BYTES_A_CHARACTER = 12
_BYTES_AROUND = 1024
# How long a group waits for room in the queue, at least and at most: it neither spins nor misses room for long.
_LEAST_WAIT_S, _LONGEST_WAIT_S = 0.005, 1.0

logger = logging.getLogger("opine.sentiment")


class StalledError(Exception):
    """The client neither sent nor read for too long, or the service is shutting down: the answer ends unfinished."""


class BulkStream:
    """An ASGI application for one request, whose body nobody has read.

    Args:
        settings: sizes and times.
        predictor: the model.
        limit: bulk requests in progress.
        version: what answers all of the lines.
        explain: what each line is answered with.
        ending: says whether the service is shutting down, which no client may hold up.
    """

    def __init__(
        self,
        settings: Settings,
        predictor: Predictor,
        limit: ConcurrencyLimit,
        *,
        version: Version,
        explain: Explain,
        ending: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._predictor = predictor
        self._limit = limit
        self._version = version
        self._explain = explain
        self._ending = ending

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        with self._limit:
            # Before the first line is read, so that the client may read and send at once; an error comes in its line.
            headers = [
                (b"content-type", MEDIA_TYPE.encode()),
                *((f"x-model-{field}".encode(), value.encode()) for field, value in self._version.model),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            try:
                await self._answer_lines(receive, send)
            except (ClientDisconnect, StalledError, RejectedError) as error:
                # Without its last chunk the client sees that the answer is cut off; what it got is right.
                logger.info("bulk request cut off", extra={"reason": type(error).__name__})
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _answer_lines(self, receive: Receive, send: Send) -> None:
        # One group is in the hands of `_write`. A full queue keeps the next lines from being read: that is the brake.
        groups: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue(_GROUPS - 1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(groups, send))
                async for lines in self._read(receive):
                    await groups.put(tasks.create_task(self._predict(lines)))
                await groups.put(None)
        except BaseExceptionGroup as group:
            # What came first is the reason; the others are tasks that ended with it.
            raise _first(group) from None

    async def _read(self, receive: Receive) -> AsyncIterator[Sequence[bytes | None]]:
        """Lines as they come, at most a batch of them at a time."""
        splitter = LineSplitter(self._settings.max_characters * _BYTES_A_CHARACTER + _BYTES_AROUND)
        more = True
        while more:
            message = await self._in_time(receive())
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            lines = splitter.feed(message.get("body", b""))
            if not more:
                lines += splitter.end()
            size = self._settings.max_batch_rows
            for start in range(0, len(lines), size):
                if self._ending():
                    raise StalledError
                yield lines[start : start + size]

    async def _predict(self, lines: Sequence[bytes | None]) -> bytes:
        texts = [parse_line(line, self._settings.max_characters) for line in lines]
        while True:
            try:
                scored = await self._predictor.predict_checked(
                    texts, version=self._version, explain=bool(self._explain), deadline=math.inf
                )
            except OverloadedError as overload:
                # Who sends a million lines can wait; the queue is for those who cannot.
                await asyncio.sleep(min(max(overload.wait_s, _LEAST_WAIT_S), _LONGEST_WAIT_S))
            else:
                return await lines_json(texts, scored.outcomes, self._explain)

    async def _write(self, groups: asyncio.Queue[asyncio.Task[bytes] | None], send: Send) -> None:
        while (group := await groups.get()) is not None:
            body = await group
            await self._in_time(send({"type": "http.response.body", "body": body, "more_body": True}))

    async def _in_time(self, step: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._settings.upload_timeout_s):
                return await step
        except TimeoutError:
            raise StalledError from None


class LineSplitter:
    """From chunks of a body to lines.

    Keeps at most one unfinished line; of a line that is too long only the fact is kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """The lines that this chunk ends; None stands for one that is too long."""
        *ended, rest = (self._rest + chunk).split(b"\n")
        lines: list[bytes | None] = [line if len(line) <= self._max_bytes else None for line in ended]
        if ended and self._skipping:
            lines[0] = None
            self._skipping = False
        if len(rest) > self._max_bytes:
            self._skipping = True
        self._rest = b"" if self._skipping else rest
        return lines

    def end(self) -> list[bytes | None]:
        """The last line, if it was not ended."""
        if self._skipping:
            return [None]
        return [self._rest] if self._rest else []


def parse_line(line: bytes | None, max_characters: int) -> str | TextError:
    """A text that can be scored, or why there is none.

    Args:
        line: such as `{"text": "Great shop!"}`; None for one that was too long to read.
        max_characters: code points that a text may have.
    """
    if line is None:
        message = f"the line is too long for a text of {max_characters} characters"
        return TextError(code="too_long", message=message)
    try:
        fields = parse_json(line)
    except (ValueError, RecursionError):
        return _malformed("the line is not JSON")
    if not isinstance(fields, dict) or set(fields) != {"text"}:
        return _malformed('the line must be an object like {"text": "..."}')
    text = fields["text"]
    if not isinstance(text, str):
        return _malformed("text must be a string")
    return check_text(text, max_characters)


def _malformed(message: str) -> TextError:
    return TextError(code="malformed", message=message)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
