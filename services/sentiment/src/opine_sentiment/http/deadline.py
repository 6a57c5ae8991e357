"""How long a caller waits."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_sentiment.http.problems import Problem

if TYPE_CHECKING:
    from opine_sentiment.settings import Settings

HEADER = "X-Request-Timeout"


def read_deadline(header: str | None, settings: Settings) -> float:
    """When a request that comes now must be answered, on the clock `time.monotonic`.

    Args:
        header: seconds as the caller wrote them, such as `0.25`; None where there is no header.
        settings: what holds without a header, and the most that one may ask for.

    Raises:
        Problem: 422, no positive number.
    """
    return time.monotonic() + (settings.timeout_s if header is None else min(_seconds(header), settings.max_timeout_s))


def _seconds(header: str) -> float:
    try:
        seconds = float(header)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{HEADER} must be a positive number of seconds, such as 0.25",
            field=HEADER,
        )
    return seconds
