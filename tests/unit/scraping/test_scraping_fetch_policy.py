import pytest
from opine_scraping.fetch_policy import FetchPolicy, Site, choose_site, user_agent
from opine_scraping.issues import Reason, UsageError
from opine_scraping.settings import Settings
from protego import Protego

RULES = """
User-agent: *
Disallow: /

User-agent: opine-scraping
Allow: /review/
Disallow: /review/*?*stars=
Disallow: /users/
Crawl-delay: 11
"""


def policy(robots: str) -> FetchPolicy:
    return FetchPolicy(Site("https://www.example.org"), Protego.parse(robots))


def allowed(robots: str, url: str) -> bool:
    issue = policy(robots).objection(url)
    assert issue is None or issue.reason is Reason.ROBOTS
    return issue is None


def test_the_rules_for_us_count_and_not_those_for_all() -> None:
    assert allowed(RULES, "https://www.example.org/review/a.example?page=2")
    assert not allowed(RULES, "https://www.example.org/review/a.example?stars=1")
    assert not allowed(RULES, "https://www.example.org/users/5")
    assert policy(RULES).crawl_delay_s == 11


def test_without_rules_for_us_those_for_all_count() -> None:
    rules = "User-agent: *\nDisallow: /review/\nUser-agent: another\nAllow: /"
    assert not allowed(rules, "https://www.example.org/review/a.example")
    assert policy(rules).crawl_delay_s == 0


def test_no_rules_allow_everything() -> None:
    assert allowed("", "https://www.example.org/anything")


def check(**values: object) -> str:
    settings = Settings.model_validate(values)
    return choose_site(None, settings).url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8060", "http://localhost:8060", "http://[::1]:8060"])
def test_this_machines_own_sites_may_be_read_without_ado(url: str) -> None:
    assert check(site_url=url, throttle=False) == url


@pytest.mark.parametrize("url", ["https://www.example.org", "http://10.0.0.7", "http://127.0.0.1.example.org"])
def test_others_are_not_read_without_a_contact_or_a_throttle(url: str) -> None:
    with pytest.raises(UsageError, match="OPINE_SCRAPING_CONTACT"):
        check(site_url=url)
    with pytest.raises(UsageError, match="throttle"):
        check(site_url=url, contact="me@example.org", throttle=False)
    assert check(site_url=url, contact="me@example.org") == url


def test_no_site_is_built_in() -> None:
    with pytest.raises(UsageError, match="none is built in"):
        check()


def test_the_command_line_names_the_site_before_the_environment() -> None:
    settings = Settings.model_validate({"site_url": "https://a.example", "contact": "me@example.org"})
    assert choose_site("https://b.example/", settings).url == "https://b.example"
    with pytest.raises(UsageError, match="--site"):
        choose_site("b.example", settings)


def test_the_user_agent_says_who_and_how_to_reach() -> None:
    assert user_agent("me@example.org") == "opine-scraping/0.1.0 (+me@example.org)"
