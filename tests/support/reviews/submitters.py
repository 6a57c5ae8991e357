"""Steady submissions from several threads, and what came of each."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import urllib3

from tests.support.reviews.rows import submission
from tests.support.reviews.server import Api

STEP_S = 0.03


@dataclass(frozen=True)
class Outcome:
    """One request: its text, which no other has, and its answer; status 0 stands for none within the time."""

    text: str
    status: int
    review_id: int | None
    retry_after: str | None
    took_s: float


@dataclass
class Submitters:
    """Between enter and exit, `threads` threads submit review after review."""

    api: Api
    threads: int = 4
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._running = [threading.Thread(target=self._run) for _ in range(self.threads)]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._running:
            thread.join()

    def until(self, status: int, *, more: int = 12) -> None:
        """Wait for `more` answers of this status from now on."""
        end = time.monotonic() + 30
        start = len(self.outcomes)
        while sum(outcome.status == status for outcome in self.outcomes[start:]) < more:
            assert time.monotonic() < end, self.outcomes[-20:]
            time.sleep(0.02)

    def _run(self) -> None:
        while not self._over.wait(STEP_S):
            self.outcomes.append(self._submit(secrets.token_hex(16)))

    def _submit(self, text: str) -> Outcome:
        started = time.monotonic()
        try:
            answer = self.api.request(
                "POST", "/api/v1/reviews", json=submission(text=text), headers={"Idempotency-Key": text}
            )
        except urllib3.exceptions.HTTPError:
            return Outcome(text, 0, None, None, time.monotonic() - started)
        review_id = answer.json()["id"] if answer.status == 201 else None
        return Outcome(text, answer.status, review_id, answer.headers.get("Retry-After"), time.monotonic() - started)
