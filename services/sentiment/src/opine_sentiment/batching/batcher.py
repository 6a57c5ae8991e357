"""The scheduler at work: callers, the engine, and the clock."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, cast

from opine_sentiment.batching.health import RETEST_S
from opine_sentiment.batching.queues import RequestQueue, Row
from opine_sentiment.batching.scheduler import Batch, Scheduler
from opine_sentiment.batching.spare import SpareTexts
from opine_sentiment.batching.work import (
    FAILED,
    ROW_COST,
    BatchTimes,
    ClosedError,
    Computed,
    E,
    EngineBrokenError,
    ExpiredError,
    Failed,
    OverloadedError,
    P,
    Request,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from opine_sentiment.batching.cost_model import CostModel
    from opine_sentiment.batching.health import EngineHealth
    from opine_sentiment.batching.scheduler import BatchLimits
    from opine_sentiment.batching.work import BatchObserver, Compute

logger = logging.getLogger(__name__)

# Characters encoded before other requests get the event loop: about a millisecond.
_ENCODE_STRETCH = 1 << 18
# Turns of the event loop that an idle engine waits for requests that have already come, and how many without one
# are enough: tens of microseconds.
_TURNS, _QUIET_TURNS = 32, 3
# What an idle engine waits beyond that, as a share of a batch's overhead: a burst whose first request came alone would
# pay that overhead once more. The shipped model's is too short for it (a timer's wait takes a millisecond).
_PAUSE_SHARE = 0.02
_LEAST_PAUSE_S = 0.001
# An engine that works on one batch for so long hangs: none takes a hundredth of it, on a throttled CPU either.
_STALLED_S = 120.0


@dataclass(frozen=True, slots=True)
class _Started(Generic[E, P]):
    """A batch that the engine has begun."""

    batch: Batch[Work[E, P]]
    answers: Awaitable[Computed[P]]


class Batcher(Generic[E, P]):
    """`run` must be running for answers to come."""

    def __init__(
        self,
        *,
        compute: Compute[E, P],
        limits: BatchLimits,
        model: CostModel,
        health: EngineHealth,
        observer: BatchObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._compute = compute
        self._limits = limits
        self._model = model
        self._health = health
        self._observer = observer
        self._clock = clock
        self._scheduler: Scheduler[Work[E, P]] = Scheduler(limits, model)
        self._requests: dict[RequestQueue[Work[E, P]], Request[E, P]] = {}
        self._spare: SpareTexts[E, P] = SpareTexts(model, observer, clock)
        self._spare_timer: asyncio.TimerHandle | None = None
        self._arrivals = 0
        self._started: _Started[E, P] | None = None
        self._begun_at: float | None = None
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()

    @property
    def working(self) -> bool:
        """The engine computes what it is given."""
        return not self._health.broken

    @property
    def dead(self) -> bool:
        """Only a new process helps: the engine stays broken, or hangs."""
        return self._health.dead or (self._begun_at is not None and self._clock() - self._begun_at > _STALLED_S)

    async def submit(
        self,
        texts: Sequence[str],
        *,
        encode: Callable[[str], E],
        explain: bool,
        deadline: float,
        on_batch: Callable[[BatchTimes], None] | None = None,
    ) -> list[P | Failed]:
        """One answer a text, in order. Cancel the call to drop what has not been computed.

        Args:
            texts: what is scored.
            encode: as the model wants it that scores them.
            explain: whether characters' contributions are wanted.
            deadline: on the batcher's clock.
            on_batch: hears of each batch that had texts of these.

        Raises:
            OverloadedError: the texts do not fit the queue, or would not be answered by the deadline.
            ExpiredError: they were not, against the estimate.
            EngineBrokenError: the engine fails whatever it is given.
            ClosedError: the service is shutting down.
        """
        if not texts:
            return []
        request = self._admit(texts, explain=explain, deadline=deadline, on_batch=on_batch)
        try:
            await self._fill(request, texts, encode)
            await request.done
        except asyncio.CancelledError:
            # Done, so that no batch which fails is tried again for a caller who left.
            request.done.cancel()
            self._observer.rejected("cancelled", self._scheduler.drop(request.queue))
            raise
        finally:
            del self._requests[request.queue]
            self._observer.queued(self._scheduler.waiting_rows)
            self._wake.set()  # `run` ends with the last request once the service closes
        if request.error is not None:
            raise request.error
        return cast("list[P | Failed]", request.answers)

    def offer(self, text: str, *, encode: Callable[[str], E], on_answer: Callable[[P | Failed], None]) -> bool:
        """Compute this when nobody waits, or never: what no request asked for must not keep one waiting.

        Args:
            text: what is scored; one that would keep the engine for long is not taken, nor one for which there is no
                time.
            encode: as the model wants it that scores it.
            on_answer: hears of the answer, or that there is none; never of a text that was given up.

        Returns:
            Whether it was taken.
        """
        if self._closing.is_set() or self._health.broken or not self._spare.offer(text, encode, on_answer):
            return False
        self._wake_for_spare()
        return True

    async def run(self) -> None:
        """Feed the engine until `close` was called and everything accepted is answered."""
        # While `_begun_at` is set the engine has a batch, and `_fill` gives it no other.
        while not (self._closing.is_set() and not self._requests):
            if self._health.broken:
                self._reject_waiting()
                await self._retest()
                continue
            if self._started is None:
                self._start_next()
            if self._started is None and self._spare.due_in_s == 0:
                if await self._is_quiet():
                    await self._compute_spare()
                continue
            if self._started is None:
                await self._work_comes()
                continue
            started, self._started = self._started, None
            await self._answer(started)
            self._begun_at = None

    def close(self) -> None:
        """Take no new requests; `run` ends when the accepted ones are answered."""
        self._closing.set()
        self._wake.set()

    def _admit(
        self, texts: Sequence[str], *, explain: bool, deadline: float, on_batch: Callable[[BatchTimes], None] | None
    ) -> Request[E, P]:
        if self._closing.is_set():
            self._observer.rejected("closed", len(texts))
            raise ClosedError
        # By the characters: encoding takes time itself, and who is refused should not cost any. `put` corrects it.
        costs = [len(text) + ROW_COST for text in texts]
        self._observer.offered(self._model.seconds(sum(costs)))
        if self._health.broken:
            self._observer.rejected("engine_broken", len(texts))
            raise EngineBrokenError
        try:
            queue = self._scheduler.admit(costs, deadline, self._clock())
        except OverloadedError as overload:
            self._observer.rejected(overload.reason, len(texts))
            raise
        request: Request[E, P] = Request(len(texts), explain=explain, queue=queue, on_batch=on_batch)
        self._requests[queue] = request
        self._arrivals += 1
        self._observer.queued(self._scheduler.waiting_rows)
        return request

    async def _fill(self, request: Request[E, P], texts: Sequence[str], encode: Callable[[str], E]) -> None:
        """Encode and queue, while the engine works on what came before."""
        stretch = 0
        for index, text in enumerate(texts):
            stretch += len(text)
            if stretch > _ENCODE_STRETCH:
                stretch = 0
                await asyncio.sleep(0)
                if request.done.done():  # given up meanwhile: late, or the engine broke
                    return
            try:
                encoded = encode(text)
            except Exception:
                # One text fails and not its request. The log has its length alone: texts are nobody's to read.
                logger.exception("a text of %d characters could not be encoded", len(text))
                self._scheduler.skip(request.queue, len(text) + ROW_COST)
                self._observer.queued(self._scheduler.waiting_rows)
                request.answer(index, FAILED)
                continue
            work = Work(request, index, encoded)
            self._scheduler.put(
                request.queue, work, reserved=len(text) + ROW_COST, cost=len(encoded) + ROW_COST, now=self._clock()
            )
            self._wake.set()
            if self._begun_at is None and self.working and self._scheduler.waiting_rows >= self._limits.max_rows:
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
        self._started = self._start(rows)

    def _start(self, rows: Sequence[Row[Work[E, P]]]) -> _Started[E, P]:
        # Before the call, which computes a brief batch itself.
        self._begun_at = self._clock()
        batch = self._scheduler.begin(rows, self._begun_at)
        works = [row.value for row in rows]
        encoded, explain = [work.encoded for work in works], [work.request.explain for work in works]
        return _Started(batch, self._compute(encoded, explain, self._model.seconds(batch.cost)))

    def _expire(self) -> None:
        while (queue := self._scheduler.expired(self._clock())) is not None:
            self._observer.rejected("expired", self._scheduler.drop(queue))
            self._requests[queue].give_up(ExpiredError())

    async def _work_comes(self) -> None:
        """Wait for work, and for what comes with it, up to a batch: a burst makes one."""
        self._wake.clear()
        await self._wake.wait()
        await self._is_quiet()
        pause_s = _PAUSE_SHARE * self._model.overhead_s
        if pause_s >= _LEAST_PAUSE_S and self._scheduler.waiting_rows and self._started is None:
            await asyncio.sleep(pause_s)

    async def _is_quiet(self) -> bool:
        """Whether no request waits once those are read that have reached the process, up to a batch of them."""
        quiet = 0
        for _ in range(_TURNS):
            arrivals = self._arrivals
            await asyncio.sleep(0)
            quiet = quiet + 1 if arrivals == self._arrivals else 0
            if quiet == _QUIET_TURNS or self._started is not None:
                break
        return self._started is None and not self._scheduler.waiting_rows

    async def _compute_spare(self) -> None:
        """One short batch for which nobody waits: a request that comes meanwhile waits no longer than that."""
        taken = self._spare.take()
        if not taken:
            return
        # A request that the scheduler never saw: it takes no room from others and is in no order.
        queue: RequestQueue[Work[E, P]] = RequestQueue(0, math.inf, 0, 0)
        request: Request[E, P] = Request(len(taken), explain=False, queue=queue)
        begun_at = self._clock()
        rows = [
            Row(queue, Work(request, index, encoded), len(encoded) + ROW_COST, begun_at)
            for index, (_, encoded) in enumerate(taken)
        ]
        await self._answer(self._start(rows))
        self._begun_at = None
        self._spare.computed(self._clock() - begun_at)
        self._wake_for_spare()
        for (spare, _), answer in zip(taken, request.answers, strict=True):
            if answer is not None:
                spare.on_answer(answer)

    def _wake_for_spare(self) -> None:
        """Wake `run` when the next of these is due: requests need not come for that."""
        if self._spare_timer is not None:
            self._spare_timer.cancel()
        due_in_s = self._spare.due_in_s
        if due_in_s == 0:
            self._wake.set()
        elif due_in_s < math.inf:
            self._spare_timer = asyncio.get_running_loop().call_later(due_in_s, self._wake_for_spare)

    async def _answer(self, started: _Started[E, P]) -> None:
        """Answer a batch; if the engine failed, compute each half of it, down to the text at fault."""
        rows = started.batch.rows
        try:
            answers: Sequence[P | Failed] = await self._finished(started)
        except Exception:
            # Halves, not one by one: of 64 texts with one at fault 12 batches find it instead of 64.
            logger.exception("the engine failed on a batch of %d texts", len(rows))
            await self._health.batch_failed()
            if self._health.broken:
                for row in rows:
                    row.value.request.give_up(EngineBrokenError())
                return
            if len(rows) > 1:
                for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                    # Who left or ran out of time while the other half was tried is not computed.
                    missing = [row for row in half if not row.value.request.done.done()]
                    if missing:
                        await self._answer(self._start(missing))
                return
            answers = [FAILED]
        else:
            self._health.batch_succeeded()
        for row, answer in zip(rows, answers, strict=True):
            row.value.request.answer(row.value.index, answer)

    async def _finished(self, started: _Started[E, P]) -> Sequence[P]:
        batch, rows = started.batch, started.batch.rows
        computed: Computed[P] | None = None
        try:
            computed = await started.answers
        finally:
            now = self._clock()
            self._spare.engine_worked(now - batch.begun_at)
            self._scheduler.finished(batch, None if computed is None else computed.seconds)
            self._observer.computed(len(rows), batch.cost - ROW_COST * len(rows), now - batch.begun_at)
            self._observer.estimated(self._model.overhead_s, self._model.unit_s)
            self._observer.missed(sum(row.queue.deadline < now for row in rows))
            _tell_requests(batch, now)
        if len(computed.answers) != len(rows):
            raise ValueError(f"the engine gave {len(computed.answers)} answers for {len(rows)} texts")
        return computed.answers

    def _reject_waiting(self) -> None:
        for queue, request in self._requests.items():
            self._observer.rejected("engine_broken", self._scheduler.drop(queue))
            request.give_up(EngineBrokenError())
        self._observer.queued(self._scheduler.waiting_rows)

    async def _retest(self) -> None:
        """Wait a moment, less if the service ends, and see whether the engine works again."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), RETEST_S)
        await self._health.test()


def _tell_requests(batch: Batch[Work[E, P]], ended_at: float) -> None:
    # A request's rows are in the order in which they were queued.
    first_rows = {row.value.request: row for row in reversed(batch.rows) if row.value.request.on_batch is not None}
    for request, row in first_rows.items():
        if request.on_batch is not None:
            request.on_batch(BatchTimes(row.queued_at, batch.begun_at, ended_at, len(batch.rows)))
