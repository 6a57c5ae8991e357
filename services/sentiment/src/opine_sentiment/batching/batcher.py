"""Greedy batching: whenever the engine is free it gets what waits, up to a bound."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from opine_sentiment.batching.queue import FairQueue, Lane, QueueFullError
from opine_sentiment.batching.throughput import Throughput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opine_sentiment.batching.observer import BatchObserver

logger = logging.getLogger(__name__)

# Characters encoded before other requests get the event loop: about a millisecond.
_ENCODE_STRETCH = 1 << 18


class Encoded(Protocol):
    """A text as the engine takes it; its length is what it costs."""

    def __len__(self) -> int: ...


E = TypeVar("E", bound=Encoded)
P = TypeVar("P")
E_contra = TypeVar("E_contra", contravariant=True)
P_co = TypeVar("P_co", covariant=True)


class Compute(Protocol[E_contra, P_co]):
    """Runs the engine on one batch; the batcher never overlaps two calls."""

    async def __call__(self, encoded: Sequence[E_contra], explain: Sequence[bool]) -> Sequence[P_co]: ...


class OverloadedError(Exception):
    """The queue is full."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue is full; it should have drained in {retry_after} s")
        self.retry_after = retry_after


class ClosedError(Exception):
    """The batcher takes no new requests."""


class Failed:
    """In place of a prediction: this text could not be computed, even alone."""


FAILED = Failed()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    max_queue_rows: int
    max_rows: int
    max_cost: int


@dataclass(slots=True, eq=False)
class _Row(Generic[E, P]):
    request: _Request[E, P]
    index: int
    encoded: E
    queued_at: float


class _Request(Generic[E, P]):
    """A caller's texts and the answers that have come so far."""

    def __init__(self, texts: int, *, explain: bool, lane: Lane[_Row[E, P]]) -> None:
        self.explain = explain
        self.lane = lane
        self.answers: list[P | Failed | None] = [None] * texts
        self.missing = texts
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answer(self, index: int, answer: P | Failed) -> None:
        self.answers[index] = answer
        self.missing -= 1
        if self.missing == 0 and not self.done.done():
            self.done.set_result(None)


class Batcher(Generic[E, P]):
    """Queue, turns and the loop that feeds the engine. `run` must be running for answers to come."""

    def __init__(
        self,
        *,
        encode: Callable[[str], E],
        compute: Compute[E, P],
        limits: BatchLimits,
        observer: BatchObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._encode = encode
        self._compute = compute
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._queue: FairQueue[_Row[E, P]] = FairQueue(limits.max_queue_rows)
        self._throughput = Throughput()
        self._wake = asyncio.Event()
        self._requests = 0
        self._closed = False

    async def submit(self, texts: Sequence[str], *, explain: bool) -> list[P | Failed]:
        """One answer a text, in order. Cancel the call to drop what has not been computed.

        Raises:
            OverloadedError: the texts do not fit the queue.
            ClosedError: the service is shutting down.
        """
        if not texts:
            return []
        if self._closed:
            self._observer.shed("closed", len(texts))
            raise ClosedError
        try:
            lane = self._queue.reserve(len(texts))
        except QueueFullError:
            self._observer.shed("queue_full", len(texts))
            raise OverloadedError(self._throughput.retry_after(self._queue.waiting_cost)) from None
        self._observer.queued(self._queue.waiting_rows)
        request: _Request[E, P] = _Request(len(texts), explain=explain, lane=lane)
        self._requests += 1
        try:
            await self._fill(request, texts)
            await request.done
        except asyncio.CancelledError:
            request.done.cancel()
            self._observer.shed("client_gone", lane.reserved + len(lane.rows))
            raise
        finally:
            self._queue.drop(lane)
            self._observer.queued(self._queue.waiting_rows)
            self._requests -= 1
            self._wake.set()
        return cast("list[P | Failed]", request.answers)

    async def run(self) -> None:
        """Feed the engine until `close` was called and everything accepted is answered."""
        while not (self._closed and self._requests == 0):
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = self._queue.take(self._limits.max_rows, self._limits.max_cost)
            self._observer.queued(self._queue.waiting_rows)
            now = self._clock()
            for row in batch:
                self._observer.waited(now - row.queued_at)
            await self._answer(batch)

    def close(self) -> None:
        """Take no new requests; `run` ends when the accepted ones are answered."""
        self._closed = True
        self._wake.set()

    async def _fill(self, request: _Request[E, P], texts: Sequence[str]) -> None:
        """Encode and queue, while the engine works on what came before."""
        stretch = 0
        for index, text in enumerate(texts):
            stretch += len(text)
            if stretch > _ENCODE_STRETCH:
                stretch = 0
                await asyncio.sleep(0)
            try:
                encoded = self._encode(text)
            except Exception:
                logger.exception("a text of %d characters could not be encoded", len(text))
                self._queue.skip(request.lane)
                self._observer.queued(self._queue.waiting_rows)
                request.answer(index, FAILED)
                continue
            self._queue.put(request.lane, _Row(request, index, encoded, self._clock()), len(encoded))
            self._wake.set()

    async def _answer(self, batch: list[_Row[E, P]]) -> None:
        """Compute a batch; if the engine fails, each of its texts alone."""
        try:
            answers: Sequence[P | Failed] = await self._timed(batch)
        except Exception:
            logger.exception("the engine failed on a batch of %d texts", len(batch))
            if len(batch) > 1:
                for row in batch:
                    # Done, though unanswered: its caller left while the others were tried.
                    if not row.request.done.done():
                        await self._answer([row])
                return
            answers = [FAILED]
        for row, answer in zip(batch, answers, strict=True):
            row.request.answer(row.index, answer)

    async def _timed(self, batch: list[_Row[E, P]]) -> Sequence[P]:
        cost = sum(len(row.encoded) for row in batch)
        started = self._clock()
        try:
            answers = await self._compute([row.encoded for row in batch], [row.request.explain for row in batch])
        finally:
            seconds = self._clock() - started
            self._throughput.observe(cost, seconds)
            self._observer.computed(len(batch), cost, seconds)
        if len(answers) != len(batch):
            raise ValueError(f"the engine gave {len(answers)} answers for {len(batch)} texts")
        return answers
