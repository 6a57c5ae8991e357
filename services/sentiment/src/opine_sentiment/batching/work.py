"""What the batcher is asked, how it refuses, what it asks of the engine, and who hears of it."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from opine_sentiment.batching.queues import RequestQueue

# In batches of 32 the shipped model takes 0.122 ms for a text of 60 characters and 0.523 ms for one of 300
# (docs/benchmarks.md): 1.7 µs a character, and the time of 13 more a text.
ROW_COST = 16
"""What a text costs beyond its characters, in characters."""

RejectReason = Literal["queue_full", "deadline", "expired", "closed", "cancelled", "engine_broken", "spare"]

# Beyond a minute an estimate says only that this pod is overloaded; by then there may be more pods.
_LONGEST_WAIT_S = 60


class RejectedError(Exception):
    """A request is given up before all of its texts are computed."""


class OverloadedError(RejectedError):
    """There is no room for the request, or not enough time before its deadline."""

    def __init__(self, reason: Literal["queue_full", "deadline"], wait_s: float) -> None:
        super().__init__(f"{reason}; there should be room in {wait_s:.3f} s")
        self.reason = reason
        self.wait_s = wait_s

    @property
    def retry_after(self) -> int:
        """Whole seconds, 1 to 60."""
        return min(max(math.ceil(self.wait_s), 1), _LONGEST_WAIT_S)


class ExpiredError(RejectedError):
    """The deadline passed before all of the request was computed."""


class ClosedError(RejectedError):
    """No new requests are taken."""


class EngineBrokenError(RejectedError):
    """The engine fails whatever it is given."""


class Encoded(Protocol):
    """A text as the engine takes it; its length is what it costs."""

    def __len__(self) -> int: ...


E = TypeVar("E", bound=Encoded)
P = TypeVar("P")
E_contra = TypeVar("E_contra", contravariant=True)
P_co = TypeVar("P_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Computed(Generic[P_co]):
    """What the engine says of a batch."""

    answers: Sequence[P_co]
    seconds: float
    """That it worked, without the wait for the event loop to hear of it: a loop that is busy refusing requests would
    make the engine look slow, and more be refused for it."""


class Compute(Protocol[E_contra, P_co]):
    """Starts the engine on one batch, at the call and not when it is awaited; the batcher never overlaps two."""

    def __call__(
        self, encoded: Sequence[E_contra], explain: Sequence[bool], expected_s: float, /
    ) -> Awaitable[Computed[P_co]]: ...


class BatchObserver(Protocol):
    """Receives the batcher's measurements; the service's metrics are one."""

    def offered(self, seconds: float) -> None:
        """A request came, whose texts should take so long to compute, whether it is admitted or not."""

    def queued(self, rows: int) -> None:
        """So many rows wait now."""

    def waited(self, seconds: float) -> None:
        """A row left the queue for the engine after this time."""

    def computed(self, rows: int, characters: int, seconds: float) -> None:
        """The engine has been busy with one batch, whether it succeeded or not."""

    def estimated(self, overhead_s: float, unit_s: float) -> None:
        """What a batch is now thought to take: overhead + unit * cost."""

    def missed(self, rows: int) -> None:
        """Rows were computed and their deadline had passed."""

    def rejected(self, reason: RejectReason, rows: int) -> None:
        """Rows were given up before they were computed."""


class Failed:
    """In place of a prediction: this text could not be computed, even alone."""


FAILED = Failed()


@dataclass(frozen=True, slots=True)
class BatchTimes:
    """A batch from one request's view, on the batcher's clock."""

    queued_at: float
    """When the first of the request's texts in it was queued."""
    begun_at: float
    ended_at: float
    rows: int
    """Texts in the batch, of all requests."""


class Request(Generic[E, P]):
    """A caller's texts and the answers that have come so far."""

    def __init__(
        self,
        texts: int,
        *,
        explain: bool,
        queue: RequestQueue[Work[E, P]],
        on_batch: Callable[[BatchTimes], None] | None = None,
    ) -> None:
        self.explain = explain
        self.queue = queue
        self.on_batch = on_batch
        self.answers: list[P | Failed | None] = [None] * texts
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.error: Exception | None = None
        self._missing = texts

    def answer(self, index: int, answer: P | Failed) -> None:
        """Take the answer to one text; the last one ends the wait."""
        self.answers[index] = answer
        self._missing -= 1
        if self._missing == 0 and not self.done.done():
            self.done.set_result(None)

    def give_up(self, error: Exception) -> None:
        """End the wait with an error, unless it has ended already."""
        if not self.done.done():
            self.error = error
            self.done.set_result(None)


@dataclass(frozen=True, slots=True, eq=False)
class Work(Generic[E, P]):
    """One text of a request."""

    request: Request[E, P]
    index: int
    encoded: E
