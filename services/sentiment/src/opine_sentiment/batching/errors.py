"""Why a request is not computed."""

from __future__ import annotations

import math
from typing import Literal

# Beyond a minute an estimate says only that this pod is overloaded; by then there may be more pods.
_LONGEST_WAIT_S = 60


class RejectedError(Exception):
    """A request is given up before all of its texts are computed."""


class OverloadedError(RejectedError):
    """There is no room for the request, or not enough time before its deadline."""

    def __init__(self, reason: Literal["queue_full", "deadline"], wait_s: float) -> None:
        super().__init__(f"{reason}; there should be room in {wait_s:.3f} s")
        self.reason = reason
        self.wait_s = wait_s

    @property
    def retry_after(self) -> int:
        """Whole seconds, 1 to 60."""
        return min(max(math.ceil(self.wait_s), 1), _LONGEST_WAIT_S)


class ExpiredError(RejectedError):
    """The deadline passed before all of the request was computed."""


class ClosedError(RejectedError):
    """No new requests are taken."""


class EngineBrokenError(RejectedError):
    """The engine fails whatever it is given."""
