import pytest
from flask import Flask, session
from opine_frontend.server.admin_session import (
    SESSION_S,
    is_admin,
    password_matches,
    set_up_sessions,
    signing_key,
    start_admin_session,
)
from opine_frontend.server.login_attempts import ALLOWED_FAILURES, REMEMBERED_CLIENTS, WINDOW_S, LoginAttempts
from opine_frontend.settings import Settings
from pydantic import SecretStr


def _settings(password: str) -> Settings:
    return Settings(admin_password=SecretStr(password), admin_token=SecretStr("token"), secret_key=SecretStr("k" * 32))


@pytest.mark.parametrize(("offered", "matches"), [("open sesame", True), ("open", False), ("", False), ("öpen", False)])
def test_only_the_password_opens(offered: str, matches: bool) -> None:
    assert password_matches(offered, "open sesame") is matches


def test_no_password_opens_nothing() -> None:
    assert not password_matches("", "")


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("session")
    set_up_sessions(app, _settings("open sesame"))
    with app.test_request_context():
        assert not is_admin()
        start_admin_session()
        assert is_admin()
        monkeypatch.setattr("time.time", lambda now=session["admin_until"]: now + 1.0)
        assert not is_admin()
    assert SESSION_S == 8 * 3600


def test_another_password_voids_sessions() -> None:
    assert signing_key(_settings("one")) != signing_key(_settings("two"))
    assert signing_key(_settings("one")) == signing_key(_settings("one"))


def test_failures_are_limited_and_forgotten() -> None:
    now = [0.0]
    attempts = LoginAttempts(clock=lambda: now[0])
    for _ in range(ALLOWED_FAILURES):
        assert attempts.wait_s("a") == 0
        attempts.failed("a")
    assert attempts.wait_s("a") == WINDOW_S
    assert attempts.wait_s("b") == 0
    now[0] = WINDOW_S + 1
    assert attempts.wait_s("a") == 0


def test_a_success_clears_the_failures() -> None:
    attempts = LoginAttempts(clock=lambda: 0.0)
    for _ in range(ALLOWED_FAILURES):
        attempts.failed("a")
    attempts.succeeded("a")
    assert attempts.wait_s("a") == 0


def test_memory_of_clients_is_bounded() -> None:
    attempts = LoginAttempts(clock=lambda: 0.0)
    for number in range(REMEMBERED_CLIENTS + 1):
        for _ in range(ALLOWED_FAILURES):
            attempts.failed(str(number))
    assert attempts.wait_s("0") == 0
    assert attempts.wait_s("1") > 0
