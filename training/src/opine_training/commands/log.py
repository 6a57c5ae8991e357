from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMAT = "%(asctime)s %(message)s"


@contextmanager
def log_to(file: Path) -> Iterator[None]:
    """What a run says, on the error output and in a file."""
    logging.basicConfig(format=_FORMAT, stream=sys.stderr)
    ours = logging.getLogger("opine_training")
    ours.setLevel(logging.INFO)
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter(_FORMAT))
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        handler.close()
