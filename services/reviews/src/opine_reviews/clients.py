"""What is kept of a client: a hash that cannot be undone or followed for longer than a day, and a browser's name."""

import datetime as dt
import hmac

# The first that occurs wins: most browsers also name the ones they descend from.
_FAMILIES = (
    ("bot", "Bot"),
    ("crawler", "Bot"),
    ("spider", "Bot"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrom", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)


def hash_client(key: bytes, day: dt.date, address: str) -> bytes:
    """HMAC of the address under a key that is made anew from `key` each day: 32 bytes."""
    key_of_the_day = hmac.digest(key, day.isoformat().encode(), "sha256")
    return hmac.digest(key_of_the_day, address.encode(), "sha256")


def user_agent_family(user_agent: str) -> str:
    """The browser's or tool's name, from a fixed list; "Other" if it is none of them, "Unknown" if nothing was sent."""
    lowered = user_agent.lower()
    if not lowered.strip():
        return "Unknown"
    return next((family for mark, family in _FAMILIES if mark in lowered), "Other")
