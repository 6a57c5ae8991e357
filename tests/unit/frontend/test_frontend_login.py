import time

import pytest
from flask.testing import FlaskClient
from opine_frontend.pages.login import SESSION_LIFETIME, password_matches, signing_key
from opine_frontend.settings import Settings
from pydantic import SecretStr

PASSWORD = "open sesame"


@pytest.fixture(autouse=True)
def _logged_out(client: FlaskClient) -> None:
    client.delete_cookie("opine_session")


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


def test_logging_out_takes_the_cookie_away(client: FlaskClient) -> None:
    _log_in(client, PASSWORD)
    client.post("/admin/logout")
    assert client.get_cookie("opine_session") is None
    assert not _is_admin(client)


def test_another_password_voids_sessions() -> None:
    assert signing_key(_settings("one")) != signing_key(_settings("two"))
    assert signing_key(_settings("one")) == signing_key(_settings("one"))


def test_the_session_cookie_is_kept_from_scripts_and_secure_behind_https(client: FlaskClient) -> None:
    plain = client.post("/admin/login", data={"password": PASSWORD}).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    https = client.post("/admin/login", data={"password": PASSWORD}, base_url="https://opine.example")
    assert "Secure" in https.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in https.headers


def test_five_wrong_passwords_close_the_login_to_their_address_for_five_minutes(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for _ in range(5):
        assert _log_in(client, "guess", "192.0.2.1").endswith("login=wrong")
    assert _log_in(client, PASSWORD, "192.0.2.1").endswith("login=wait")
    assert _log_in(client, PASSWORD, "192.0.2.2").endswith("/admin")
    monkeypatch.setattr("time.time", lambda: now + 301)
    assert _log_in(client, PASSWORD, "192.0.2.1").endswith("/admin")


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
