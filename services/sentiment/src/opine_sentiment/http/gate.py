"""How many requests may be in progress."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_sentiment.http.problems import Problem

if TYPE_CHECKING:
    from types import TracebackType


class Gate:
    """A context manager around each request; one more than `limit` at a time is refused."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit = limit
        self._what = what
        self._inside = 0

    def __enter__(self) -> None:
        """Raises Problem (503) if there are too many."""
        if self._inside >= self._limit:
            detail = f"{self._inside} {self._what} are in progress; {self._limit} are allowed"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
        self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside -= 1
