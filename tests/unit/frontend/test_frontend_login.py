import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_frontend.app import create_app
from opine_frontend.pages.login import SESSION_LIFETIME, password_matches, signing_key
from opine_frontend.settings import Settings
from pydantic import HttpUrl, SecretStr

from tests.support.fake_reviews.server import FakeServer

PASSWORD = "open sesame"


@pytest.fixture(scope="module")
def api() -> Iterator[FakeServer]:
    server = FakeServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def app(api: FakeServer) -> Flask:
    settings = _settings(PASSWORD).model_copy(update={"reviews_url": HttpUrl(api.url)})
    return create_app(settings).server  # type: ignore[no-any-return]  # Dash says Any


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that was never here."""
    return app.test_client()


@pytest.mark.parametrize(("offered", "matches"), [(PASSWORD, True), ("open", False), ("", False), ("öpen", False)])
def test_only_the_password_opens(offered: str, matches: bool) -> None:
    assert password_matches(offered, PASSWORD) is matches


def test_no_password_opens_nothing() -> None:
    assert not password_matches("", "")


def test_a_session_ends_after_a_working_day(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    assert _log_in(client, PASSWORD).endswith("/admin")
    monkeypatch.setattr("time.time", lambda: now + SESSION_LIFETIME.total_seconds() - 1)
    assert _is_admin(client)
    monkeypatch.setattr("time.time", lambda: now + SESSION_LIFETIME.total_seconds() + 2)
    assert not _is_admin(client)


def test_a_clock_that_is_set_back_ends_sessions_of_the_future_and_locks_nobody_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    assert _log_in(client, PASSWORD).endswith("/admin")
    monkeypatch.setattr("time.time", lambda: now - 3600)
    assert not _is_admin(client)
    assert _log_in(client, PASSWORD).endswith("/admin")
    assert _is_admin(client)


def test_logging_out_takes_the_cookie_away(client: FlaskClient) -> None:
    _log_in(client, PASSWORD)
    client.post("/admin/logout")
    assert client.get_cookie("opine_session") is None
    assert not _is_admin(client)


def test_a_copied_cookie_is_worth_nothing_after_logging_out(app: Flask, client: FlaskClient) -> None:
    _log_in(client, PASSWORD)
    copied = client.get_cookie("opine_session")
    assert copied is not None
    thief, other = app.test_client(), app.test_client()
    thief.set_cookie("opine_session", copied.value)
    _log_in(other, PASSWORD)
    assert _is_admin(thief)
    client.post("/admin/logout")
    assert not _is_admin(thief)
    assert _is_admin(other)


def test_while_the_api_is_away_nobody_is_believed_and_nobody_is_logged_out_silently(
    client: FlaskClient, api: FakeServer
) -> None:
    _log_in(client, PASSWORD)
    api.stop()
    try:
        assert client.get("/admin/reviews.csv").status_code == 503
        answer = client.post("/admin/logout")
        assert answer.status_code == 503
        assert "Not logged out" in answer.text
    finally:
        api.start()
    assert _is_admin(client)


def test_who_has_logged_in_before_is_not_locked_out_by_others_behind_the_same_proxy(
    app: Flask, client: FlaskClient
) -> None:
    _log_in(client, PASSWORD, "192.0.2.5")
    client.post("/admin/logout")
    stranger = app.test_client()
    for _ in range(6):
        outcome = _log_in(stranger, "guess", "192.0.2.5")
    assert outcome.endswith("login=wait")
    assert _log_in(client, PASSWORD, "192.0.2.5").endswith("/admin")


def test_the_cookie_of_a_browser_that_logged_in_gives_five_attempts_too(app: Flask, client: FlaskClient) -> None:
    _log_in(client, PASSWORD, "192.0.2.6")
    for _ in range(5):
        assert _log_in(client, "guess", "192.0.2.6").endswith("login=wrong")
    assert _log_in(client, PASSWORD, "192.0.2.6").endswith("login=wait")
    forger = app.test_client()
    for number in range(6):
        forger.set_cookie("opine_device", f"made-up-{number}", path="/admin/login")
        outcome = _log_in(forger, "guess", "192.0.2.7")
    assert outcome.endswith("login=wait")


def test_another_password_voids_sessions() -> None:
    assert signing_key(_settings("one")) != signing_key(_settings("two"))
    assert signing_key(_settings("one")) == signing_key(_settings("one"))


def test_the_session_cookie_is_kept_from_scripts_and_secure_behind_https(client: FlaskClient) -> None:
    plain = client.post("/admin/login", data={"password": PASSWORD}).headers.getlist("Set-Cookie")[-1]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    https = client.post("/admin/login", data={"password": PASSWORD}, base_url="https://opine.example")
    assert "Secure" in https.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in https.headers


def test_five_wrong_passwords_close_the_login_to_their_address_for_five_minutes(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for _ in range(5):
        assert _log_in(client, "guess", "192.0.2.1").endswith("login=wrong")
    assert _log_in(client, PASSWORD, "192.0.2.1").endswith("login=wait")
    assert _log_in(app.test_client(), PASSWORD, "192.0.2.2").endswith("/admin")
    monkeypatch.setattr("time.time", lambda: now + 301)
    assert _log_in(client, PASSWORD, "192.0.2.1").endswith("/admin")


def test_all_addresses_of_an_ipv6_network_have_five_wrong_passwords_together(client: FlaskClient) -> None:
    for number in range(5):
        assert _log_in(client, "guess", f"2001:db8::{number}").endswith("login=wrong")
    assert _log_in(client, PASSWORD, "2001:db8::9").endswith("login=wait")
    assert _log_in(client, PASSWORD, "2001:db8:0:1::9").endswith("/admin")


def test_the_right_password_clears_the_failures(client: FlaskClient) -> None:
    for _ in range(2):
        for _ in range(4):
            assert _log_in(client, "guess", "192.0.2.3").endswith("login=wrong")
        assert _log_in(client, PASSWORD, "192.0.2.3").endswith("/admin")


def test_right_passwords_are_not_counted(client: FlaskClient) -> None:
    for _ in range(7):
        assert _log_in(client, PASSWORD, "192.0.2.4").endswith("/admin")


def _settings(password: str) -> Settings:
    return Settings(admin_password=SecretStr(password), admin_token=SecretStr("token"), secret_key=SecretStr("k" * 32))


def _is_admin(client: FlaskClient) -> bool:
    return client.get("/admin/reviews.csv").status_code != 403


def _log_in(client: FlaskClient, password: str, address: str = "127.0.0.1") -> str:
    answer = client.post("/admin/login", data={"password": password}, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 303
    return answer.headers["Location"]
