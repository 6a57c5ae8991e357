"""Texts that no request waits for: which of them are computed, and when."""

from __future__ import annotations

import logging
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from opine_sentiment.batching.work import FAILED, ROW_COST, E, Failed, P

if TYPE_CHECKING:
    from collections.abc import Callable

    from opine_sentiment.batching.cost_model import CostModel
    from opine_sentiment.batching.work import BatchObserver

logger = logging.getLogger(__name__)

# Few, because a text that will not be computed should cost a request nothing: not even to be encoded.
MOST_WAITING = 8
# Of the time in which the engine is free. It is little, for a request that comes meanwhile waits, and so do those
# behind it: at 70 % load a hundredth more of work makes waits a thirtieth longer.
SHARE = 0.02
# How long a text may keep the engine, or by twice a batch's overhead where that is more: even the smallest takes that.
LONGEST_S = 0.002
OVERHEADS = 2


@dataclass(frozen=True, slots=True)
class SpareText(Generic[E, P]):
    """A text, its cost at most, and who hears of its answer."""

    text: str
    cost: int
    encode: Callable[[str], E]
    on_answer: Callable[[P | Failed], None]


class SpareTexts(Generic[E, P]):
    """First in, first out; what comes while enough wait is not taken."""

    def __init__(self, model: CostModel, observer: BatchObserver, clock: Callable[[], float]) -> None:
        self._model = model
        self._observer = observer
        self._clock = clock
        self._waiting: deque[SpareText[E, P]] = deque()
        self._due_at = -math.inf

    def offer(self, text: str, encode: Callable[[str], E], on_answer: Callable[[P | Failed], None]) -> bool:
        """Whether it was taken: not if it would keep the engine for long, nor while enough others wait."""
        cost = len(text) + ROW_COST
        if len(self._waiting) >= MOST_WAITING or self._is_long(cost):
            self._observer.rejected("spare", 1)
            return False
        self._waiting.append(SpareText(text, cost, encode, on_answer))
        return True

    @property
    def due_in_s(self) -> float:
        """Until the next batch, if the engine is free from now on; infinite where nothing waits."""
        return max(self._due_at - self._clock(), 0) if self._waiting else math.inf

    def take(self) -> list[tuple[SpareText[E, P], E]]:
        """The next batch, encoded: one text, or more where they take no longer than twice a batch's overhead."""
        taken: list[tuple[SpareText[E, P], E]] = []
        cost = 0
        while self._waiting and not (taken and self._model.seconds(cost + self._waiting[0].cost) > self._brief_s):
            spare = self._waiting.popleft()
            if self._is_long(spare.cost):  # the engine has become slower since it was taken
                self._observer.rejected("spare", 1)
                continue
            try:
                taken.append((spare, spare.encode(spare.text)))
            except Exception:
                # Without the text, which is nobody's to read.
                logger.exception("a text of %d characters could not be encoded", len(spare.text))
                spare.on_answer(FAILED)
            else:
                cost += spare.cost
        return taken

    def engine_worked(self, seconds: float) -> None:
        """The engine was not free for so long."""
        self._due_at += seconds

    def computed(self, seconds: float) -> None:
        """A batch of these took so long; the next one is due when its share has become free."""
        self._due_at = self._clock() + seconds / SHARE

    @property
    def _brief_s(self) -> float:
        return OVERHEADS * self._model.overhead_s

    def _is_long(self, cost: int) -> bool:
        return self._model.seconds(cost) > max(LONGEST_S, self._brief_s)
