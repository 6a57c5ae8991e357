"""From chunks of a body to lines."""

from __future__ import annotations


class LineSplitter:
    """Keeps at most one unfinished line; of a line that is too long only the fact is kept."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """The lines that this chunk ends; None stands for one that is too long."""
        *ended, rest = (self._rest + chunk).split(b"\n")
        lines: list[bytes | None] = [self._bounded(line) for line in ended]
        if ended and self._skipping:
            lines[0] = None
            self._skipping = False
        if len(rest) > self._max_bytes:
            self._skipping = True
        self._rest = b"" if self._skipping else rest
        return lines

    def end(self) -> list[bytes | None]:
        """The last line, if it was not ended."""
        if self._skipping:
            return [None]
        return [self._rest] if self._rest else []

    def _bounded(self, line: bytes) -> bytes | None:
        return line if len(line) <= self._max_bytes else None
