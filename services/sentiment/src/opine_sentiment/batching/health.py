"""Whether the engine works: a circuit breaker (Nygard 2007) between the batcher and an engine that fails."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

FAILURES_BEFORE_TEST = 3
"""Batches in a row on which the engine must fail before it is doubted: one bad text alone proves nothing."""
TESTS_BEFORE_DEAD = 5
"""Failed self-tests in a row, a second apart, after which a restart is the only hope (a CUDA error stays for good)."""
RETEST_S = 1.0
"""Between two self-tests of a broken engine, in seconds."""


class HealthObserver(Protocol):
    """Hears how the engine does; the service's metrics are one."""

    def engine_failed(self) -> None:
        """The engine raised an error on a batch."""

    def engine_broken(self, *, broken: bool) -> None:
        """The engine cannot compute even a text that is known to work, or it can again."""


class EngineHealth:
    """Working, broken (nothing is computed, the self-test is repeated) or dead (only a new process helps).

    Args:
        self_test: computes a text that the engine has computed before; raises what the engine raises. It is called
            only while no batch is being computed.
        observer: hears of each change.
    """

    def __init__(self, self_test: Callable[[], Awaitable[object]], observer: HealthObserver) -> None:
        self._self_test = self_test
        self._observer = observer
        self._failures = 0
        self._failed_tests = 0

    @property
    def broken(self) -> bool:
        """The last self-test failed."""
        return self._failed_tests > 0

    @property
    def dead(self) -> bool:
        """So many self-tests failed in a row that only a new process helps."""
        return self._failed_tests >= TESTS_BEFORE_DEAD

    def batch_succeeded(self) -> None:
        """Start counting failures anew."""
        self._failures = 0

    async def batch_failed(self) -> None:
        """Count it, and doubt the engine after too many in a row."""
        # A batch that failed is tried in halves, which count, too: three failures in a row may still be one bad text.
        # So they raise a doubt, and the test decides.
        self._failures += 1
        self._observer.engine_failed()
        if self._failures >= FAILURES_BEFORE_TEST:
            await self.test()

    async def test(self) -> None:
        """Try the text that is known to work; the engine is broken if that fails, and healthy again if it does not."""
        was_broken = self.broken
        try:
            await self._self_test()
        except Exception:
            self._failed_tests += 1
            if not was_broken:  # a line for each change, not one a second
                logger.exception("the engine is broken: it fails on a text that it has computed before")
            self._observer.engine_broken(broken=True)
            return
        self._failures = self._failed_tests = 0
        if was_broken:
            logger.warning("the engine works again")
            self._observer.engine_broken(broken=False)
