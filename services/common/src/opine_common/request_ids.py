"""The id that follows one request through every service's logs."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"

# The id is written to logs and sent on, so only a short run of harmless characters is taken from outside.
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,128}")

_current: ContextVar[str | None] = ContextVar("opine_request_id", default=None)


def accept_request_id(offered: str | None) -> str:
    """Take the caller's id if it is a plain token of at most 128 characters, else make one."""
    if offered is not None and _TOKEN.fullmatch(offered):
        return offered
    return secrets.token_hex(16)


def set_request_id(request_id: str | None) -> None:
    """Name the request that this thread or task works on; None when it is over."""
    _current.set(request_id)


def get_request_id() -> str | None:
    return _current.get()


def outgoing_headers() -> dict[str, str]:
    """Headers that hand the current id on to the next service; empty outside a request."""
    request_id = _current.get()
    return {} if request_id is None else {HEADER: request_id}
