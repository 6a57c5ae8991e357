"""What the batcher reports."""

from __future__ import annotations

from typing import Literal, Protocol

ShedReason = Literal["queue_full", "deadline", "expired", "closed", "client_gone"]


class BatchObserver(Protocol):
    """Receives the batcher's measurements; the service's metrics are one."""

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

    def shed(self, reason: ShedReason, rows: int) -> None:
        """Rows were given up before they were computed."""
