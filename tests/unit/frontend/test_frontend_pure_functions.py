"""Small pure functions of pages and components."""

from datetime import UTC, datetime

import pytest
from opine_frontend.admin_query import export_path, review_query, toggled
from opine_frontend.components.monogram import hue, initials
from opine_frontend.components.scraped_card import source_link
from opine_frontend.components.trend import area_polygon, positions, trend
from opine_frontend.components.wording import counted, day, excerpt, month_name, percent
from opine_frontend.pages.brand import corrected_sentence
from opine_frontend.paging import moved
from opine_frontend.reviews_api.models import Month, Summary
from opine_frontend.safe_url import safe_website, site_name
from opine_frontend.server.security import is_same_origin


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Nike", "Ni"), ("Ben & Jerry's", "BJ"), ("IKEA", "IK"), ("H&M", "HM"), ("3M", "3M"), ("!!", "?"), ("é", "É")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_brands_hue_is_stable_and_a_hue() -> None:
    assert hue("nike") == hue("nike")
    assert {hue(str(number)) for number in range(500)} == set(range(0, 360, 15))


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://www.nike.com", "https://www.nike.com"),
        (" http://a.example/x ", "http://a.example/x"),
        ("javascript:alert(1)", None),
        ("//evil.example", None),
        ("https://", None),
        ("http://[", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(url: str | None, safe: str | None) -> None:
    assert safe_website(url) == safe


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.trustpilot.com/review/x", "trustpilot.com"),
        ("http://127.0.0.1:8060/review/x", "127.0.0.1:8060"),
        ("https://trustpilot.com@evil.example/", "evil.example"),
    ],
)
def test_a_site_is_called_by_its_host(url: str, name: str) -> None:
    assert site_name(url) == name


def test_the_way_to_another_site_recommends_nothing_and_runs_nothing() -> None:
    link = vars(source_link("https://www.trustpilot.com/review/x"))
    assert (link["rel"], link["target"]) == ("noopener nofollow", "_blank")
    assert "href" not in vars(source_link("javascript:alert(1)"))


def test_numbers_and_dates_read_well() -> None:
    assert (percent(0.876), counted(1, "review"), counted(1200, "review")) == ("88%", "1 review", "1,200 reviews")
    assert (day(datetime(2026, 11, 4, tzinfo=UTC)), month_name("2026-02")) == ("4 Nov 2026", "Feb 2026")
    assert excerpt("word " * 50, 10) == "word word…"
    assert excerpt("short") == "short"


def test_a_trend_fills_its_box() -> None:
    assert positions([0.0, 0.5, 1.0]) == [(0.0, 100.0), (50.0, 50.0), (100.0, 0.0)]
    assert area_polygon([(0.0, 50.0), (100.0, 0.0)]) == "polygon(0% 100%, 0.0% 50.0%, 100.0% 0.0%, 100% 100%)"


def test_a_single_month_is_no_line_but_a_table() -> None:
    drawn = str(trend([Month(month="2026-11", review_count=3, average_stars=4.0, average_score=0.8)]))
    assert "two months" in drawn
    assert "3 reviews" in drawn


@pytest.mark.parametrize(
    ("labels", "corrected", "words"),
    [({"bad": 3, "average": 0, "good": 7}, 2, "In 20%"), ({}, 2, "In 100%"), ({"good": 5}, 0, "everyone kept")],
)
def test_corrections_are_counted_among_the_proposals(labels: dict[str, int], corrected: int, words: str) -> None:
    summary = Summary.model_validate(
        {
            "brand": {"slug": "nike", "name": "Nike"},
            "review_count": 50,
            "stars": dict.fromkeys("12345", 10),
            "labels": labels,
            "corrected": corrected,
            "months": [],
        }
    )
    assert words in corrected_sentence(summary)


def test_pages_are_walked_forth_and_back() -> None:
    assert moved([], "b", forward=True) == ["b"]
    assert moved(["b"], "c", forward=True) == ["b", "c"]
    assert moved(["b"], None, forward=True) == ["b"]
    assert moved(["b", "c"], None, forward=False) == ["b"]
    assert moved([], "b", forward=False) == []


def test_unknown_filters_are_dropped() -> None:
    query = review_query({"q": " late ", "stars": "9", "label": "good", "sort": "id", "order": "up", "cursor": 5})
    assert query.parameters() == {"q": "late", "label": "good", "sort": "created_at", "order": "desc", "limit": "20"}


def test_an_export_has_the_filters_but_no_page() -> None:
    query = review_query({"q": "a&b", "cursor": "x"})
    assert export_path(query) == "/admin/reviews.csv?q=a%26b&sort=created_at&order=desc"


def test_a_heading_turns_its_order() -> None:
    once = toggled({"sort": "created_at", "order": "desc", "cursors": ["x"]}, "stars")
    assert (once["sort"], once["order"], once["cursors"]) == ("stars", "desc", [])
    assert toggled(once, "stars")["order"] == "asc"
    assert toggled(toggled(once, "stars"), "stars")["order"] == "desc"


@pytest.mark.parametrize(
    ("site", "origin", "same"),
    [
        ("same-origin", "http://opine.example:8050", True),
        ("none", None, True),
        (None, None, True),
        (None, "http://opine.example:8050", True),
        ("cross-site", None, False),
        ("same-site", "http://api.opine.example", False),
        (None, "http://opine.example", False),
        (None, "null", False),
    ],
)
def test_origins(site: str | None, origin: str | None, same: bool) -> None:
    assert is_same_origin(site, origin, "opine.example:8050") is same
