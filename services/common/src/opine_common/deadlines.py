"""How long the request at hand may still take: set where it comes in, kept by every wait, told to the next service."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Timeout"

_ends_at: ContextVar[float] = ContextVar("opine_deadline", default=math.inf)


def set_deadline(seconds: float | None) -> None:
    """Limit the request that this thread works on; None when it is over."""
    _ends_at.set(math.inf if seconds is None else time.monotonic() + seconds)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit this block to `seconds` in total, or to less where a deadline around it comes first."""
    token = _ends_at.set(min(_ends_at.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining_s() -> float:
    """Seconds until the deadline: infinite without one, not positive after it."""
    return _ends_at.get() - time.monotonic()


def parse_timeout(header: str) -> float:
    """The seconds of an X-Request-Timeout header, such as `0.25`.

    Raises:
        ValueError: no positive number.
    """
    try:
        # Python's own numbers may be `1_0` or Arabic digits.
        seconds = float(header) if header.isascii() and "_" not in header else math.nan
    except ValueError:
        seconds = math.nan
    # So written that NaN, which is not above anything, is refused too.
    if not seconds > 0:
        raise ValueError("must be a positive number of seconds, such as 0.25")
    return seconds
