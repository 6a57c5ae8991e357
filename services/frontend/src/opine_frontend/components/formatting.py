"""Numbers, dates and web addresses as people read them."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

LABEL_WORDS = {"bad": "Bad", "average": "Average", "good": "Good"}


def percent(share: float) -> str:
    return f"{share * 100:.0f}%"


def counted(number: int, noun: str) -> str:
    """`1 review`, `1,200 reviews`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def average(stars: float | None) -> str:
    return "none" if stars is None else f"{stars:.1f}"


def day(moment: date) -> str:
    """Of a date, or of a moment, which is one, too."""
    # Not %-d, which not every C library knows.
    return f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime) -> str:
    """With the time of day, in UTC."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def excerpt(text: str, longest: int = 160) -> str:
    """At most so many characters, the last one an ellipsis where there were more."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def safe_website(url: str | None) -> str | None:
    """A link to follow, or None: brands are data, and `javascript:` is a URL too."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None


def site_name(url: str) -> str:
    """The host of a web address, without `www`."""
    return urlsplit(url).netloc.rpartition("@")[2].removeprefix("www.")
