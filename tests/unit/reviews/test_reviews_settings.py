import pytest
from opine_reviews.settings import Settings, get_settings
from pydantic import ValidationError

KEY = "a key that is only used in these tests"
GIVEN = {"database_url": "postgresql+psycopg2://opine:s3cure@db:5432/opine", "client_hash_key": KEY}


def test_the_least_that_must_be_given_suffices() -> None:
    settings = Settings.model_validate(GIVEN)
    assert settings.admin_token.get_secret_value() == ""
    assert str(settings.sentiment_url) == "http://127.0.0.1:3000/"
    assert settings.trusted_proxies == 0


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**GIVEN, "threads": "4", "trusted_proxies": "2"}.items():
        monkeypatch.setenv(f"OPINE_REVIEWS_{name.upper()}", value)
    monkeypatch.setenv("THREADS", "9")
    settings = Settings()  # type: ignore[call-arg]  # the environment gives them
    assert (settings.threads, settings.trusted_proxies) == (4, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgresql://opine:s3cure@db/opine"),
        ("database_url", "mysql://db/opine"),
        ("database_url", "postgresql+psycopg2://opine:changeme@db/opine"),
        ("database_url", "postgresql+psycopg2://opine:Postgres@db/opine"),
        ("client_hash_key", "fifteen letters"),
        ("client_hash_key", "change this to a key"),
        ("client_hash_key", "PLACEHOLDER-PLACEHOLDER"),
        ("admin_token", "changeme"),
        ("admin_token", "Secret"),
        ("trusted_proxies", -1),
        ("max_text_length", 20_001),
        ("threads", 1),
        ("database_timeout_s", 0),
        ("request_timeout_s", 0),
        ("sentiment_max_connection_age_s", 0),
        ("sentiment_url", "ftp://sentiment"),
    ],
)
def test_a_wrong_or_placeholder_value_is_refused_and_not_repeated(name: str, value: str | int) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(GIVEN | {name: value})
    if isinstance(value, str):
        assert value not in str(refused.value)


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Settings.model_validate({name: value for name, value in GIVEN.items() if name != missing})


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.model_validate(GIVEN | {"admin_token": "an admin token"}))
    assert KEY not in shown
    assert "an admin token" not in shown


def test_a_wrong_environment_ends_the_process_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPINE_REVIEWS_DATABASE_URL", raising=False)
    monkeypatch.setenv("OPINE_REVIEWS_CLIENT_HASH_KEY", "changeme-changeme-changeme")
    get_settings.cache_clear()
    with pytest.raises(SystemExit) as ended:
        get_settings()
    sentence = str(ended.value)
    assert "DATABASE_URL: Field required" in sentence
    assert "CLIENT_HASH_KEY" in sentence
    assert "openssl rand -hex 32" in sentence
    assert "changeme" not in sentence
