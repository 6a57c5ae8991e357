"""What companies of the demo site do wrong, each on its own address such as `challenge-2019.example`."""

from __future__ import annotations

from enum import StrEnum


class Misbehaviour(StrEnum):
    SLOW = "slow"
    """Answers after a while."""
    BUSY = "busy"
    """429 with Retry-After twice, then the page."""
    ALWAYS_BUSY = "always-busy"
    FLAKY = "flaky"
    """500 once, then the page."""
    BROKEN = "broken"
    """500, always."""
    FORBIDDEN = "forbidden"
    CHALLENGE = "challenge"
    """A page that wants to see a browser, with status 200."""
    CHANGED = "changed"
    """A markup that nobody knows."""
    EMPTY_REVIEWS = "empty-reviews"
    """Every third review has stars and a title, but no text."""
    NO_STARS = "no-stars"
    """The fourth review of a page shows no stars."""
    WRONG_COUNT = "wrong-count"
    """The page says that there are more reviews than it has."""
    ENDLESS = "endless"
    """The last page has a next link, for ever."""
    DISALLOWED = "disallowed"
    """robots.txt forbids it."""


def of(company: str) -> Misbehaviour | None:
    name = company.removesuffix(".example").removesuffix("-2019").removesuffix("-today")
    return Misbehaviour(name) if name in list(Misbehaviour) else None
