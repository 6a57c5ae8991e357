"""Files that are whole or not there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def atomic_write(file: Path) -> Iterator[IO[bytes]]:
    """A kill while writing leaves what was there before."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    with unfinished.open("wb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(file)
