"""One bulk request: reads no faster than it answers, and answers no faster than the client reads."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect

from opine_sentiment.batching.refusals import OverloadedError
from opine_sentiment.bulk.line_request import parse_line
from opine_sentiment.bulk.lines import LineSplitter
from opine_sentiment.http.predict_answer import lines_json
from opine_sentiment.scoring import score

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from starlette.types import Receive, Send

    from opine_sentiment.predictor import Predictor
    from opine_sentiment.settings import Settings

T = TypeVar("T")

# Groups of lines that are computed at the same time: the engine always finds the next one.
_GROUPS = 3
# A character may be written as `\ud83d\ude00`.
_BYTES_A_CHARACTER = 12
_BYTES_AROUND = 1024
# How long a group waits for room in the queue.
_LEAST_WAIT_S, _LONGEST_WAIT_S = 0.005, 1.0


class StalledError(Exception):
    """The client neither sent nor read for too long, or the service is shutting down: the answer ends unfinished."""


class Conversation:
    """Answers lines with lines."""

    def __init__(
        self, settings: Settings, predictor: Predictor, receive: Receive, send: Send, *, explain: bool
    ) -> None:
        self._settings = settings
        self._predictor = predictor
        self._receive = receive
        self._send = send
        self._explain = explain

    async def run(self) -> None:
        """Answer until the body ends. The response must have been started.

        Raises:
            ClientDisconnect: the client left.
            StalledError: see there.
        """
        groups: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue(_GROUPS - 1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(groups))
                async for lines in self._read():
                    await groups.put(tasks.create_task(self._answer(lines)))
                await groups.put(None)
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _read(self) -> AsyncIterator[Sequence[bytes | None]]:
        """Lines as they come, at most a batch of them at a time."""
        splitter = LineSplitter(self._settings.max_characters * _BYTES_A_CHARACTER + _BYTES_AROUND)
        more = True
        while more:
            message = await self._in_time(self._receive())
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            lines = splitter.feed(message.get("body", b""))
            if not more:
                lines += splitter.end()
            size = self._settings.max_batch_rows
            for start in range(0, len(lines), size):
                if self._predictor.ending:
                    raise StalledError
                yield lines[start : start + size]

    async def _answer(self, lines: Sequence[bytes | None]) -> bytes:
        texts = [parse_line(line, self._settings.max_characters) for line in lines]
        while True:
            try:
                outcomes = await score(self._predictor, texts, explain=self._explain, deadline=math.inf)
            except OverloadedError as overload:
                # Who sends a million lines can wait; the queue is for those who cannot.
                await asyncio.sleep(min(max(overload.wait_s, _LEAST_WAIT_S), _LONGEST_WAIT_S))
            else:
                return await lines_json(outcomes)

    async def _write(self, groups: asyncio.Queue[asyncio.Task[bytes] | None]) -> None:
        while (group := await groups.get()) is not None:
            body = await group
            await self._in_time(self._send({"type": "http.response.body", "body": body, "more_body": True}))

    async def _in_time(self, step: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._settings.upload_timeout_s):
                return await step
        except TimeoutError:
            raise StalledError from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
