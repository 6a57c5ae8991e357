"""How a run ended, for the CronJob that started it."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
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


KILLED = 137
"""Reported, by the next run, for one that left no report."""
