import pytest
from opine_scraping.companies import Shard
from opine_scraping.settings import Settings, get_settings
from pydantic import ValidationError


def test_the_environment_is_read_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SCRAPING_DELAY_S", "7.5")
    monkeypatch.setenv("DELAY_S", "1")
    assert Settings().delay_s == 7.5


def test_an_indexed_job_gives_the_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SCRAPING_SHARDS", "8")
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "2")
    assert Settings().shard == Shard(3, 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site_url", "https://www.example.org/review"),
        ("site_url", "https://user@www.example.org"),
        ("site_url", "ftp://www.example.org"),
        ("contact", "me"),
        ("contact", "me@example.org\nX-Evil: 1"),
        ("delay_s", -1),
        ("retries", 11),
        ("max_page_error_share", 1.5),
        ("shards", 0),
        ("timeout_s", 0),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str | float) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"OPINE_SCRAPING_CONTACT": "nobody"}, "CONTACT: Value error, give a mail or web address"),
        ({"JOB_COMPLETION_INDEX": "3", "OPINE_SCRAPING_SHARDS": "2"}, "there is no shard 4 of 2"),
    ],
)
def test_a_wrong_environment_ends_the_process_with_a_sentence(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(SystemExit) as ended:
        get_settings()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_secrets_are_not_shown() -> None:
    assert "s3cure" not in repr(Settings.model_validate({"database_url": "postgresql+psycopg2://a:s3cure@db/opine"}))
