import re
import socket
from importlib.metadata import version

import pytest
from opine_scraping.fetch_policy import FetchPolicy, Site, choose_site, read_policy, user_agent
from opine_scraping.issues import Reason, UnavailableError, UsageError
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


@pytest.mark.parametrize("url", ["http://169.254.169.254", "http://[fe80::1]", "http://0.0.0.0:80", "http://224.0.0.1"])
def test_no_site_is_an_address_of_the_machines_around(url: str) -> None:
    with pytest.raises(UsageError, match="machines around"):
        check(site_url=url, contact="me@example.org")


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "127.0.0.1", "::", "fe80::1%eth0"])
def test_no_name_leads_to_the_machines_around(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    settings = Settings.model_validate({"site_url": "https://rebound.example", "contact": "me@example.org"})
    leads_inside = rf"rebound\.example leads to {re.escape(address)}, one of the machines around"
    with pytest.raises(UnavailableError, match=leads_inside):
        read_policy(choose_site(None, settings), settings)


@pytest.mark.parametrize(
    ("url", "is_of_site"),
    [
        ("https://www.example.org/x", True),
        ("https://www.example.org:443/x", True),
        ("HTTPS://WWW.example.org/x", True),
        ("http://www.example.org/x", False),
        ("https://www.example.org:8443/x", False),
        ("https://example.org/x", False),
        ("https://www.example.org.evil.example/x", False),
        ("https://www.example.org@evil.example/x", False),
        ("https://user:secret@www.example.org/x", False),
        ("//www.example.org/x", False),
        ("file:///etc/passwd", False),
        ("http://[::1", False),
        ("https://www.example.org:x/", False),
        ("", False),
    ],
)
def test_only_the_sites_own_addresses_may_be_fetched(url: str, is_of_site: bool) -> None:
    issue = policy("").objection(url)
    assert (issue is None) == is_of_site
    assert issue is None or issue.reason is Reason.FOREIGN_LINK


def test_no_site_is_built_in() -> None:
    with pytest.raises(UsageError, match="none is built in"):
        check()


def test_the_command_line_names_the_site_before_the_environment() -> None:
    settings = Settings.model_validate({"site_url": "https://a.example", "contact": "me@example.org"})
    assert choose_site("https://b.example/", settings).url == "https://b.example"
    with pytest.raises(UsageError, match="--site"):
        choose_site("b.example", settings)


def test_the_user_agent_says_who_and_how_to_reach() -> None:
    assert user_agent("me@example.org") == f"opine-scraping/{version('opine-scraping')} (+me@example.org)"
