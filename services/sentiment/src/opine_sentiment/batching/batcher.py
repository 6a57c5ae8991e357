"""The scheduler at work: callers, the engine, and the clock."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from opine_sentiment.batching.refusals import ClosedError, ExpiredError, OverloadedError
from opine_sentiment.batching.request import FAILED, E, Failed, P, Request, Work
from opine_sentiment.batching.scheduler import Batch, Scheduler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from opine_sentiment.batching.cost_model import CostModel
    from opine_sentiment.batching.lane import Lane, Row
    from opine_sentiment.batching.observer import BatchObserver
    from opine_sentiment.batching.pace import BatchLimits

logger = logging.getLogger(__name__)

ROW_COST = 16
"""What a text costs beyond its characters, in characters."""
# Characters encoded before other requests get the event loop: about a millisecond.
_ENCODE_STRETCH = 1 << 18
# Turns of the event loop that an idle engine waits for requests that have already come, and how many without one
# are enough: tens of microseconds.
_TURNS, _QUIET_TURNS = 32, 3

E_contra = TypeVar("E_contra", contravariant=True)
P_co = TypeVar("P_co", covariant=True)


class Compute(Protocol[E_contra, P_co]):
    """Starts the engine on one batch, at the call and not when it is awaited; the batcher never overlaps two."""

    def __call__(
        self, encoded: Sequence[E_contra], explain: Sequence[bool], expected_s: float, /
    ) -> Awaitable[Sequence[P_co]]: ...


@dataclass(frozen=True, slots=True)
class _Started(Generic[E, P]):
    """A batch that the engine has begun."""

    batch: Batch[Work[E, P]]
    answers: Awaitable[Sequence[P]]


class Batcher(Generic[E, P]):
    """`run` must be running for answers to come."""

    def __init__(
        self,
        *,
        encode: Callable[[str], E],
        compute: Compute[E, P],
        limits: BatchLimits,
        model: CostModel,
        observer: BatchObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._encode = encode
        self._compute = compute
        self._limits = limits
        self._model = model
        self._observer = observer
        self._clock = clock
        self._scheduler: Scheduler[Work[E, P]] = Scheduler(limits, model)
        self._requests: dict[Lane[Work[E, P]], Request[E, P]] = {}
        self._arrivals = 0
        self._started: _Started[E, P] | None = None
        self._busy = False
        self._wake = asyncio.Event()
        self._closed = False

    async def submit(self, texts: Sequence[str], *, explain: bool, deadline: float) -> list[P | Failed]:
        """One answer a text, in order. Cancel the call to drop what has not been computed.

        Raises:
            OverloadedError: the texts do not fit the queue, or would not be answered by the deadline.
            ExpiredError: they were not, against the estimate.
            ClosedError: the service is shutting down.
        """
        if not texts:
            return []
        if self._closed:
            self._observer.shed("closed", len(texts))
            raise ClosedError
        request = self._admit(texts, explain=explain, deadline=deadline)
        try:
            await self._fill(request, texts)
            await request.done
        except asyncio.CancelledError:
            request.done.cancel()
            self._observer.shed("client_gone", self._scheduler.drop(request.lane))
            raise
        finally:
            del self._requests[request.lane]
            self._observer.queued(self._scheduler.waiting_rows)
            self._wake.set()
        if request.error is not None:
            raise request.error
        return cast("list[P | Failed]", request.answers)

    async def run(self) -> None:
        """Feed the engine until `close` was called and everything accepted is answered."""
        while not (self._closed and not self._requests):
            if self._started is None:
                self._start_next()
            if self._started is None:
                await self._work_comes()
                continue
            started, self._started = self._started, None
            await self._answer(started)
            self._busy = False

    def close(self) -> None:
        """Take no new requests; `run` ends when the accepted ones are answered."""
        self._closed = True
        self._wake.set()

    def _admit(self, texts: Sequence[str], *, explain: bool, deadline: float) -> Request[E, P]:
        try:
            lane = self._scheduler.admit([len(text) + ROW_COST for text in texts], deadline, self._clock())
        except OverloadedError as overload:
            self._observer.shed(overload.reason, len(texts))
            raise
        request: Request[E, P] = Request(len(texts), explain=explain, lane=lane)
        self._requests[lane] = request
        self._arrivals += 1
        self._observer.queued(self._scheduler.waiting_rows)
        return request

    async def _fill(self, request: Request[E, P], texts: Sequence[str]) -> None:
        """Encode and queue, while the engine works on what came before."""
        stretch = 0
        for index, text in enumerate(texts):
            stretch += len(text)
            if stretch > _ENCODE_STRETCH:
                stretch = 0
                await asyncio.sleep(0)
                if request.done.done():
                    return
            try:
                encoded = self._encode(text)
            except Exception:
                logger.exception("a text of %d characters could not be encoded", len(text))
                self._scheduler.skip(request.lane, len(text) + ROW_COST)
                self._observer.queued(self._scheduler.waiting_rows)
                request.answer(index, FAILED)
                continue
            work = Work(request, index, encoded)
            self._scheduler.put(
                request.lane, work, reserved=len(text) + ROW_COST, cost=len(encoded) + ROW_COST, now=self._clock()
            )
            self._wake.set()
            if not self._busy and self._scheduler.waiting_rows >= self._limits.max_rows:
                # At once: the rest of a burst is read while the engine works on its first batch.
                self._start_next()

    def _start_next(self) -> None:
        """Give the engine, which must be free, what is due, if anything is."""
        self._expire()
        now = self._clock()
        rows = self._scheduler.next_rows(now)
        if not rows:
            return
        self._observer.queued(self._scheduler.waiting_rows)
        for row in rows:
            self._observer.waited(now - row.queued_at)
        self._busy = True
        self._started = self._start(rows)

    def _start(self, rows: Sequence[Row[Work[E, P]]]) -> _Started[E, P]:
        batch = self._scheduler.begin(rows, self._clock())
        works = [row.value for row in rows]
        encoded, explain = [work.encoded for work in works], [work.request.explain for work in works]
        return _Started(batch, self._compute(encoded, explain, self._model.seconds(batch.cost)))

    def _expire(self) -> None:
        while (lane := self._scheduler.hopeless(self._clock())) is not None:
            self._observer.shed("expired", self._scheduler.drop(lane))
            self._requests[lane].give_up(ExpiredError())

    async def _work_comes(self) -> None:
        """Wait for work, and for what has reached the process with it, up to a batch: a burst makes one."""
        self._wake.clear()
        await self._wake.wait()
        quiet = 0
        for _ in range(_TURNS):
            arrivals = self._arrivals
            await asyncio.sleep(0)
            quiet = quiet + 1 if arrivals == self._arrivals else 0
            if quiet == _QUIET_TURNS or self._started is not None:
                break

    async def _answer(self, started: _Started[E, P]) -> None:
        """Answer a batch; if the engine failed, compute each half of it, down to the text at fault."""
        rows = started.batch.rows
        try:
            answers: Sequence[P | Failed] = await self._finished(started)
        except Exception:
            logger.exception("the engine failed on a batch of %d texts", len(rows))
            if len(rows) > 1:
                for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                    # Who left or ran out of time while the other half was tried is not computed.
                    missing = [row for row in half if not row.value.request.done.done()]
                    if missing:
                        await self._answer(self._start(missing))
                return
            answers = [FAILED]
        for row, answer in zip(rows, answers, strict=True):
            row.value.request.answer(row.value.index, answer)

    async def _finished(self, started: _Started[E, P]) -> Sequence[P]:
        batch, rows = started.batch, started.batch.rows
        succeeded = False
        try:
            answers = await started.answers
            succeeded = True
        finally:
            now = self._clock()
            self._scheduler.finished(batch, now, succeeded=succeeded)
            self._observer.computed(len(rows), batch.cost - ROW_COST * len(rows), now - batch.begun_at)
            self._observer.estimated(self._model.overhead_s, self._model.unit_s)
            self._observer.missed(sum(row.lane.deadline < now for row in rows))
        if len(answers) != len(rows):
            raise ValueError(f"the engine gave {len(answers)} answers for {len(rows)} texts")
        return answers
