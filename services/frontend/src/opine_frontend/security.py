"""Headers that keep a page to itself, and the check that writes come from it."""

from collections.abc import Sequence

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# They change nothing (RFC 9110, 9.2.1), so they may come from anywhere.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """No foreign host and no inline script except those of the given hashes.

    Inline styles stay allowed: Mantine writes its theme into style elements while it runs.
    """
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def is_same_origin(site: str | None, origin: str | None, host: str) -> bool:
    """Whether a write was sent by a page of ours, by headers that no script can set.

    A client that sends neither is no browser and carries no one's cookie.

    Args:
        site: `Sec-Fetch-Site`.
        origin: `Origin`.
        host: the host that the request is for, with its port.
    """
    if site is not None:
        # The browser's own word, and better than a comparison where a proxy replaced `Host`.
        return site in {"same-origin", "none"}
    return origin is None or origin.partition("://")[2] == host


def secure(server: Flask, policy: str) -> None:
    """Give every answer the headers, and refuse writes that another site's page sent."""

    # SameSite=Lax keeps the cookie from other sites; this also holds for sites that share our domain.
    @server.before_request
    def refuse_foreign_writes() -> None:
        if request.method in _SAFE_METHODS:
            return
        if not is_same_origin(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
            raise Forbidden("This request came from another site.")

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update({**_HEADERS, "Content-Security-Policy": policy})
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
