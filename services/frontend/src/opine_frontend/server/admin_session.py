"""Who is an admin: a signed cookie, valid for a working day, void as soon as the password changes."""

import hashlib
import hmac
import secrets
import time

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from opine_frontend.settings import Settings

SESSION_S = 8 * 3600
_EXPIRES = "admin_until"


class _CookieSecureBehindHttps(SecureCookieSessionInterface):
    """Sends the cookie over https only, if the page itself came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  Flask's signature
        return request.is_secure


def set_up_sessions(server: Flask, settings: Settings) -> None:
    server.secret_key = signing_key(settings)
    server.session_interface = _CookieSecureBehindHttps()
    server.config.update(
        SESSION_COOKIE_NAME="opine_session", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax"
    )


def signing_key(settings: Settings) -> bytes:
    """A key that changes with the password. Without a password nothing is signed and a passing one will do."""
    password = settings.admin_password.get_secret_value()
    if not password:
        return secrets.token_bytes(32)
    return hmac.digest(settings.secret_key.get_secret_value().encode(), password.encode(), hashlib.sha256)


def password_matches(offered: str, password: str) -> bool:
    """Compare in constant time; nothing matches an empty password."""
    return bool(password) and hmac.compare_digest(offered.encode(), password.encode())


def start_admin_session() -> None:
    session.clear()
    session[_EXPIRES] = int(time.time()) + SESSION_S


def end_admin_session() -> None:
    session.clear()


def is_admin() -> bool:
    expires = session.get(_EXPIRES)
    return isinstance(expires, int) and time.time() < expires
