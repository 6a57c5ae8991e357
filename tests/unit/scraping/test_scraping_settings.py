import pytest
from opine_scraping.companies import Shard
from opine_scraping.politeness import check_site, named_site, user_agent
from opine_scraping.reasons import Refusal
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


def check(**values: object) -> str:
    settings = Settings.model_validate(values)
    return check_site(settings.site, settings).url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8060", "http://localhost:8060", "http://[::1]:8060"])
def test_this_machines_own_sites_may_be_read_without_ado(url: str) -> None:
    assert check(site_url=url, throttle=False) == url


@pytest.mark.parametrize("url", ["https://www.example.org", "http://10.0.0.7", "http://127.0.0.1.example.org"])
def test_others_are_not_read_without_a_contact_or_a_throttle(url: str) -> None:
    with pytest.raises(Refusal, match="OPINE_SCRAPING_CONTACT"):
        check(site_url=url)
    with pytest.raises(Refusal, match="throttle"):
        check(site_url=url, contact="me@example.org", throttle=False)
    assert check(site_url=url, contact="me@example.org") == url


def test_no_site_is_built_in() -> None:
    with pytest.raises(Refusal, match="none is built in"):
        check()


def test_the_command_line_names_the_site_before_the_environment() -> None:
    settings = Settings.model_validate({"site_url": "https://a.example"})
    site = named_site("https://b.example/", settings)
    assert site is not None
    assert site.url == "https://b.example"
    with pytest.raises(Refusal, match="--site"):
        named_site("b.example", settings)


def test_the_user_agent_says_who_and_how_to_reach() -> None:
    assert user_agent("me@example.org") == "opine-scraping/0.1.0 (+me@example.org)"
