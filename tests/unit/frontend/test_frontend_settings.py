import re

import pytest
from opine_frontend.settings import Settings
from pydantic import SecretStr, ValidationError

from tests.support import ROOT

FRONTEND = ROOT / "services/frontend"
ROW = re.compile(r"^\| `(O[A-Z_]{9,})` \| (.*?) \| (.*?) \|$", re.MULTILINE)
CONSTANT = re.compile(r"const (PREDICT_\w+) = (\d+);")


def test_the_readme_lists_every_setting_with_its_default() -> None:
    documented = {
        name: (default.strip("`"), meaning)
        for name, default, meaning in ROW.findall((FRONTEND / "README.md").read_text())
    }
    actual = {
        str(field.validation_alias or f"OPINE_FRONTEND_{name.upper()}"): (
            field.default.get_secret_value()
            if isinstance(field.default, SecretStr)
            else str(field.default).rstrip("/"),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    }
    assert documented == actual


def test_the_readme_has_the_scripts_own_times() -> None:
    script = (FRONTEND / "src/opine_frontend/assets/js/composer_requests.js").read_text()
    constants = dict(CONSTANT.findall(script))
    readme = (FRONTEND / "README.md").read_text()
    for name in ("PREDICT_DEBOUNCE_MS", "PREDICT_MAX_WAIT_MS"):
        assert f"`{name}` ({constants[name]} ms)" in readme


@pytest.mark.parametrize(
    ("token", "key", "named"),
    [("token", "short", "OPINE_FRONTEND_SECRET_KEY"), ("", "k" * 32, "OPINE_FRONTEND_ADMIN_TOKEN")],
)
def test_a_password_needs_its_key_and_token(token: str, key: str, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(admin_password=SecretStr("p"), admin_token=SecretStr(token), secret_key=SecretStr(key))


def test_without_a_password_nothing_else_is_needed() -> None:
    assert Settings().admin_password.get_secret_value() == ""


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_FRONTEND_REVIEWS_URL", "http://reviews:5000")
    assert str(Settings().reviews_url) == "http://reviews:5000/"
    monkeypatch.setenv("OPINE_FRONTEND_REVIEWS_URL", "ftp://reviews")
    with pytest.raises(ValidationError, match="reviews_url"):
        Settings()
