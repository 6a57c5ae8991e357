from pathlib import Path

import pytest
from opine_local.settings import CommandError, local_settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATA_DIR", "FRONTEND_PORT", "REVIEWS_PORT", "SENTIMENT_PORT", "POSTGRES_PORT"):
        monkeypatch.delenv(f"OPINE_LOCAL_{name}", raising=False)
    monkeypatch.delenv("OPINE_FRONTEND_ADMIN_PASSWORD", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_the_documented_ports_and_folder(tmp_path: Path) -> None:
    settings = local_settings()
    assert settings.page_url == "http://127.0.0.1:8050"
    assert (settings.reviews_port, settings.sentiment_port) == (5000, 3000)
    assert settings.data_dir == tmp_path / ".local"


def test_the_admin_password_is_the_frontends_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_FRONTEND_ADMIN_PASSWORD", "correct horse")
    settings = local_settings()
    assert settings.admin_password.get_secret_value() == "correct horse"
    assert "correct horse" not in repr(settings)


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_wrong_port_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("OPINE_LOCAL_FRONTEND_PORT", port)
    with pytest.raises(CommandError, match=f"^OPINE_LOCAL_FRONTEND_PORT is '{port}': input should be .*\\.$"):
        local_settings()
