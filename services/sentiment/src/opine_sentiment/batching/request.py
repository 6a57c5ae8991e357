"""A caller's texts and the answers that have come so far."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from opine_sentiment.batching.lane import Lane


class Encoded(Protocol):
    """A text as the engine takes it; its length is what it costs."""

    def __len__(self) -> int: ...


E = TypeVar("E", bound=Encoded)
P = TypeVar("P")


class Failed:
    """In place of a prediction: this text could not be computed, even alone."""


FAILED = Failed()


@dataclass(frozen=True, slots=True, eq=False)
class Work(Generic[E, P]):
    """One text of a request."""

    request: Request[E, P]
    index: int
    encoded: E


class Request(Generic[E, P]):
    def __init__(self, texts: int, *, explain: bool, lane: Lane[Work[E, P]]) -> None:
        self.explain = explain
        self.lane = lane
        self.answers: list[P | Failed | None] = [None] * texts
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.error: Exception | None = None
        self._missing = texts

    def answer(self, index: int, answer: P | Failed) -> None:
        self.answers[index] = answer
        self._missing -= 1
        if self._missing == 0 and not self.done.done():
            self.done.set_result(None)

    def give_up(self, error: Exception) -> None:
        if not self.done.done():
            self.error = error
            self.done.set_result(None)
