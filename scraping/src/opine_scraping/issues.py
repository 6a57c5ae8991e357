"""What can go wrong: with a page or an entry of it, with a run; and the exit codes that say so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Self


class Reason(StrEnum):
    """Why something was not read: keys of the report and labels of metrics."""

    UNKNOWN_MARKUP = "unknown_markup"
    NO_STARS = "no_stars"
    BAD_CARD = "bad_card"
    PAGE_COUNT = "page_count"
    TOTAL_COUNT = "total_count"
    ENDLESS = "endless"
    CAPPED = "capped"
    FILL_RATE = "fill_rate"
    FOREIGN_LINK = "foreign_link"
    NOT_FILLED = "not_filled"
    HTTP_STATUS = "http_status"
    NETWORK = "network"
    TOO_LARGE = "too_large"
    ROBOTS = "robots"
    FORBIDDEN = "forbidden"
    TOO_MANY_REQUESTS = "too_many_requests"
    CHALLENGE = "challenge"


BLOCKS = frozenset({Reason.FORBIDDEN, Reason.TOO_MANY_REQUESTS, Reason.CHALLENGE})
NO_ERRORS = frozenset({Reason.ROBOTS, Reason.CAPPED})
"""What the site wants so: reported, and no error of the run."""
ENTRY_REASONS = frozenset({Reason.NO_STARS, Reason.BAD_CARD})
"""Of single entries; the others are of a page or a whole list."""


@dataclass(frozen=True, slots=True)
class ParseIssue:
    """Something that is wrong with a page or an entry."""

    reason: Reason
    detail: str
    """For a person; never text of the page."""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class ParseError(Exception):
    """Nothing of the page can be read."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.issue = ParseIssue(reason, detail)


class UsageError(Exception):
    """The run cannot begin as it was asked for; the message says what to do."""


class UnavailableError(Exception):
    """Something that the run needs cannot be used now; the message says what to do."""


class ExitCode(IntEnum):
    """How a run ended, for the CronJob that started it."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    COMPLETED = 0, "everything was read; errors, if any, stayed below the thresholds"
    USAGE = 2, "an option or a setting is wrong, or the site needs a contact; nothing was asked for"
    BLOCKED = 64, "the site does not want this: robots.txt, 403, 429 to the end, a challenge; do not try again soon"
    FAILED = 65, "read, but with more errors than the thresholds allow; the report names them"
    UNAVAILABLE = 69, "the output, the state folder, the browser or robots.txt cannot be used; trying again may help"
    INTERNAL = 70, "a fault of this program"
    INTERRUPTED = 75, "told to stop; starting it again goes on where it was"


KILLED = 137  # 128 and SIGKILL, as a shell says it
"""Reported, by the next run, for one that left no report."""
