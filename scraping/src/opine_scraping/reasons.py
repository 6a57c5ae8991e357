"""Why something was not read. The names are keys of the report and labels of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    UNKNOWN_MARKUP = "unknown_markup"
    NO_STARS = "no_stars"
    BAD_CARD = "bad_card"
    PAGE_COUNT = "page_count"
    TOTAL_COUNT = "total_count"
    ENDLESS = "endless"
    FOREIGN_LINK = "foreign_link"
    NOT_FILLED = "not_filled"
    HTTP_STATUS = "http_status"
    NETWORK = "network"
    ROBOTS = "robots"
    FORBIDDEN = "forbidden"
    TOO_MANY_REQUESTS = "too_many_requests"
    CHALLENGE = "challenge"


BLOCKS = frozenset({Reason.FORBIDDEN, Reason.TOO_MANY_REQUESTS, Reason.CHALLENGE})
CARDS = frozenset({Reason.NO_STARS, Reason.BAD_CARD})
"""Faults of single cards; the others are of a page or a whole company."""


@dataclass(frozen=True, slots=True)
class Fault:
    reason: Reason
    detail: str
    """For a person; never text of the page."""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class UnavailableError(Exception):
    """Something that the run needs cannot be used now; the message says what to do."""


class Refusal(Exception):  # noqa: N818  it is an answer, not a fault
    """The run cannot begin; the message says what to do."""
