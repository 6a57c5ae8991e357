from opine_scraping.robots import parse_robots

RULES = """
User-agent: *
Disallow: /

User-agent: opine-scraping
Allow: /review/
Disallow: /review/*?*stars=
Disallow: /users/
Crawl-delay: 11
"""


def test_the_rules_for_us_count_and_not_those_for_all() -> None:
    robots = parse_robots(RULES)
    assert robots.allow("https://www.example.org/review/a.example?page=2")
    assert not robots.allow("https://www.example.org/review/a.example?stars=1")
    assert not robots.allow("https://www.example.org/users/5")
    assert robots.crawl_delay_s == 11


def test_without_rules_for_us_those_for_all_count() -> None:
    robots = parse_robots("User-agent: *\nDisallow: /review/\nUser-agent: another\nAllow: /")
    assert not robots.allow("https://www.example.org/review/a.example")
    assert robots.crawl_delay_s == 0


def test_no_rules_allow_everything() -> None:
    assert parse_robots("").allow("https://www.example.org/anything")
