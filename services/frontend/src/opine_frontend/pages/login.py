"""Who is an admin: one password, a limit to attempts, and a session for a working day that logging out ends everywhere.

Login is a plain form, so that password managers know it. Wrong passwords are counted by address. Behind a proxy that is
not trusted, all visitors have one address: a browser that has logged in before is counted for itself, by a cookie, so
that nobody else's wrong passwords lock it out (OWASP calls it a device cookie).
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import partial

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from flask import Flask, current_app, g, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from opine_common.clients import network_of
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as WerkzeugResponse

from opine_frontend.pages.admin_elements import ADMIN_PATHS
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.routing import PageName, link
from opine_frontend.settings import Settings
from opine_frontend.user_messages import admin_error

SESSION_LIFETIME = timedelta(hours=8)
# Wrong passwords of one address, or of one IPv6 network, counted in this process.
WRONG_PASSWORDS = parse("5 per 5 minutes")

_LONGEST_PASSWORD = 1024  # what is compared; a megabyte of a password would cost us time, not the sender
_IS_ENDED = "opine_session_is_ended"
_DEVICE_COOKIE = "opine_device"
_DEVICE_LIFETIME = timedelta(days=365)
_ERRORS = {
    "wrong": "That is not the password.",
    "wait": "Too many wrong passwords. Wait five minutes and try again.",
}


def is_admin() -> bool:
    """Whether this request carries the cookie of a session that a login began and no logout has ended.

    Flask has checked its signature and age.

    Raises:
        ReviewsApiError: the reviews API, which knows the ended ones, does not say.
    """
    session_id = session.get("admin")
    if not isinstance(session_id, str):
        return False
    if "is_admin" not in g:
        g.is_admin = not current_app.extensions[_IS_ENDED](session_id)
    return bool(g.is_admin)


def register_login(server: Flask, settings: Settings, api: ReviewsApi) -> None:
    """Sessions, `POST /admin/login` and `POST /admin/logout`."""
    password = settings.admin_password.get_secret_value()
    token = settings.admin_token.get_secret_value()
    server.extensions[_IS_ENDED] = partial(api.is_session_ended, token=token)
    server.secret_key = signing_key(settings)
    server.session_interface = _CookieSecureBehindHttps()
    server.config.update(
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_COOKIE_NAME="opine_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH=settings.prefix or "/",
    )
    attempts = FixedWindowRateLimiter(MemoryStorage())
    devices = URLSafeTimedSerializer(server.secret_key, salt="device")

    @server.post("/admin/login")
    def login() -> WerkzeugResponse:
        client = _device(devices) or network_of(request.remote_addr or "")
        page = link(_path_of(request.args.get("page")))
        if not attempts.test(WRONG_PASSWORDS, client):
            return redirect(f"{page}?login=wait", 303)
        if not password_matches(request.form.get("password", "")[:_LONGEST_PASSWORD], password):
            attempts.hit(WRONG_PASSWORDS, client)
            return redirect(f"{page}?login=wrong", 303)
        # Whoever knows the password had only mistyped it.
        attempts.clear(WRONG_PASSWORDS, client)
        session["admin"] = secrets.token_urlsafe(24)
        # 303: a reload of the page must not send the password again.
        answer = redirect(page, 303)
        answer.set_cookie(
            _DEVICE_COOKIE,
            devices.dumps(secrets.token_urlsafe(16)),
            max_age=_DEVICE_LIFETIME,
            path=link("/admin/login"),
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )
        return answer

    @server.post("/admin/logout")
    def logout() -> WerkzeugResponse:
        session_id = session.get("admin")
        if isinstance(session_id, str):
            try:
                api.end_session(session_id, token=token)
            except ReviewsApiError as error:
                raise ServiceUnavailable(f"Not logged out. {admin_error(error).line}") from error
        session.clear()
        return redirect(link("/admin"), 303)


def _path_of(page: str | None) -> str:
    """An admin page's; the reviews' for any other name, so that nobody is led elsewhere."""
    return next((path for name, path in ADMIN_PATHS.items() if name == page), ADMIN_PATHS["admin"])


def _device(devices: URLSafeTimedSerializer) -> str | None:
    """The browser's own name, if it has logged in before."""
    try:
        name = devices.loads(request.cookies.get(_DEVICE_COOKIE, ""), max_age=int(_DEVICE_LIFETIME.total_seconds()))
    except BadSignature:
        return None
    return f"device {name}"


def signing_key(settings: Settings) -> bytes:
    """A key that changes with the password. Without a password nothing is signed and a passing one will do."""
    password = settings.admin_password.get_secret_value()
    if not password:
        return secrets.token_bytes(32)
    return hmac.digest(settings.secret_key.get_secret_value().encode(), password.encode(), hashlib.sha256)


def password_matches(offered: str, password: str) -> bool:
    """Compare in constant time; nothing matches an empty password."""
    return bool(password) and hmac.compare_digest(offered.encode(), password.encode())


class _CookieSecureBehindHttps(SecureCookieSessionInterface):
    """Sends the cookie over https only, if the page itself came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  Flask's signature
        return request.is_secure


def login_page(page: PageName, outcome: str) -> html.Div:
    """Ask for the password to an admin page; `outcome` is how the last attempt ended."""
    error = _ERRORS.get(outcome)
    return html.Div(
        [
            html.H1("Admin"),
            html.Form(
                [
                    *([html.P(error, id="login-error", className="login-error", role="alert")] if error else []),
                    dmc.PasswordInput(
                        id="admin-password",
                        name="password",
                        label="Password",
                        required=True,
                        withAsterisk=False,
                        size="md",
                        autoComplete="current-password",
                        visibilityToggleButtonProps={"aria-label": "Show or hide the password"},
                    ),
                    html.Button("Log in", type="submit", id="login-button", className="button-primary"),
                ],
                action=link(f"/admin/login?page={page}"),
                method="POST",
                className="login card",
            ),
        ],
        className="narrow",
    )


def switched_off_page() -> html.Div:
    """Says how to switch the page on: nobody but an operator comes here."""
    return html.Div(
        [
            html.H1("Admin is switched off"),
            html.P("No password is configured, so nobody can log in. To switch this page on, start the frontend with:"),
            html.Ul(
                [
                    html.Li([html.Code("OPINE_FRONTEND_ADMIN_PASSWORD"), ": the password to log in with"]),
                    html.Li(
                        [
                            html.Code("OPINE_FRONTEND_ADMIN_TOKEN"),
                            ": the same as the reviews API's ",
                            html.Code("OPINE_REVIEWS_ADMIN_TOKEN"),
                        ]
                    ),
                    html.Li([html.Code("OPINE_FRONTEND_SECRET_KEY"), ": at least 32 random characters"]),
                ]
            ),
            dcc.Link("Review a brand", href=link("/"), className="button-quiet"),
        ],
        className="narrow prose",
        id="admin-off",
    )
