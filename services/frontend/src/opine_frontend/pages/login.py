"""Who is an admin: one password, an attempt limit by address, and a signed session cookie for a working day.

Login is a plain form, so that password managers know it.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from flask import Flask, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.wrappers import Response as WerkzeugResponse

from opine_frontend.settings import Settings

SESSION_LIFETIME = timedelta(hours=8)
# Wrong passwords of one address, counted in this process.
WRONG_PASSWORDS = parse("5 per 5 minutes")

_LONGEST_PASSWORD = 1024  # what is compared; a megabyte of a password would cost us time, not the sender
_ERRORS = {
    "wrong": "That is not the password.",
    "wait": "Too many wrong passwords. Wait five minutes and try again.",
}


def is_admin() -> bool:
    """Whether this request carries a session cookie that a login set; Flask has checked its signature and age."""
    return bool(session.get("admin"))


def register_login(server: Flask, settings: Settings) -> None:
    """Sessions, `POST /admin/login` and `POST /admin/logout`."""
    password = settings.admin_password.get_secret_value()
    server.secret_key = signing_key(settings)
    server.session_interface = _CookieSecureBehindHttps()
    server.config.update(
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_COOKIE_NAME="opine_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    attempts = FixedWindowRateLimiter(MemoryStorage())

    @server.post("/admin/login")
    def login() -> WerkzeugResponse:
        client = request.remote_addr or ""
        if not attempts.test(WRONG_PASSWORDS, client):
            return redirect("/admin?login=wait", 303)
        if not password_matches(request.form.get("password", "")[:_LONGEST_PASSWORD], password):
            attempts.hit(WRONG_PASSWORDS, client)
            return redirect("/admin?login=wrong", 303)
        # Whoever knows the password had only mistyped it.
        attempts.clear(WRONG_PASSWORDS, client)
        session["admin"] = True
        # 303: a reload of the page must not send the password again.
        return redirect("/admin", 303)

    @server.post("/admin/logout")
    def logout() -> WerkzeugResponse:
        session.clear()
        return redirect("/admin", 303)


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


def login_page(outcome: str) -> html.Div:
    """Ask for the password; `outcome` is how the last attempt ended."""
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
                action="/admin/login",
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
            dcc.Link("Review a brand", href="/", className="button-quiet"),
        ],
        className="narrow prose",
        id="admin-off",
    )
