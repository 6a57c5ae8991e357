"""What the batcher reports."""

from __future__ import annotations

from typing import Protocol


class BatchObserver(Protocol):
    """Receives the batcher's measurements; the service's metrics are one."""

    def queued(self, rows: int) -> None:
        """So many rows wait now."""

    def waited(self, seconds: float) -> None:
        """A row left the queue for the engine after this time."""

    def computed(self, rows: int, cost: int, seconds: float) -> None:
        """The engine has been busy with one batch, whether it succeeded or not."""

    def shed(self, reason: str, rows: int) -> None:
        """Rows were given up: `queue_full`, `closed` or `client_gone`."""
