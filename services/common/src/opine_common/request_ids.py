"""The ids that follow one request through every service's logs: its own, and that of the trace that it belongs to."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
TRACE_HEADER = "traceparent"

# The id is written to logs and sent on, so only a short run of harmless characters is taken from outside.
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Version, trace id, parent id and flags (W3C Trace Context, 3.2). A version after 00 may go on.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_LONGEST_TRACEPARENT = 128

_request_id: ContextVar[str | None] = ContextVar("opine_request_id", default=None)
_traceparent: ContextVar[str | None] = ContextVar("opine_traceparent", default=None)


def begin_request(offered_id: str | None, traceparent: str | None) -> str:
    """Name the request that this thread or task works on, by the headers that it came with; its id."""
    request_id = accept_request_id(offered_id)
    set_request_id(request_id)
    _traceparent.set(accept_traceparent(traceparent))
    return request_id


def end_request() -> None:
    """Forget the ids: a thread of gunicorn answers many requests."""
    set_request_id(None)
    _traceparent.set(None)


def accept_request_id(offered: str | None) -> str:
    """Take the caller's id if it is a plain token of at most 128 characters, else make one."""
    if offered is not None and _TOKEN.fullmatch(offered):
        return offered
    return secrets.token_hex(16)


def accept_traceparent(offered: str | None) -> str | None:
    """Take the caller's `traceparent` as it is if it is one (W3C Trace Context), else none."""
    if offered is None or len(offered) > _LONGEST_TRACEPARENT or not _TRACEPARENT.fullmatch(offered):
        return None
    # Version 00 has four parts and no more.
    return None if offered.startswith("00-") and offered.count("-") > 3 else offered  # noqa: PLR2004


def set_request_id(request_id: str | None) -> None:
    _request_id.set(request_id)


def set_traceparent(traceparent: str) -> None:
    """Where this service traces, too: its own span is the parent of what follows."""
    _traceparent.set(traceparent)


def get_request_id() -> str | None:
    return _request_id.get()


def get_trace_id() -> str | None:
    """32 hexadecimal digits, or None where neither the caller nor this service traces."""
    traceparent = _traceparent.get()
    return None if traceparent is None else traceparent.split("-")[1]


def outgoing_headers() -> dict[str, str]:
    """Headers that hand the current ids on to the next service; empty outside a request.

    Where no span is made, the caller's stays the parent, as the standard wants it of a service that passes through.
    """
    headers = {HEADER: _request_id.get(), TRACE_HEADER: _traceparent.get()}
    return {name: value for name, value in headers.items() if value is not None}
