"""Pure parts of components and pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from opine_frontend.components.elements import hue, initials
from opine_frontend.components.formatting import counted, day, excerpt, percent, safe_website, site_name
from opine_frontend.components.pagination import turn_page
from opine_frontend.components.summary import corrected_sentence
from opine_frontend.components.terms import term_lists
from opine_frontend.components.trend import Line, area_polygon, positions, trend
from opine_frontend.pages.brand import source_link
from opine_frontend.pages.front import activity, rise_sentence
from opine_frontend.reviews_api.schemas import BrandName, RisingBrand, Summary, Terms, Week

MONDAY = date(2026, 11, 2)


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
    assert day(datetime(2026, 11, 4, tzinfo=UTC)) == day(date(2026, 11, 4)) == "4 Nov 2026"
    assert excerpt("word " * 50, 10) == "word word…"
    assert excerpt("short") == "short"


def week(number: int, score: float | None = 0.5, count: int = 3) -> Week:
    return Week(week=MONDAY + timedelta(weeks=number), review_count=count, average_stars=4.0, average_score=score)


def test_a_trend_fills_its_box_and_keeps_the_gaps_of_time() -> None:
    weeks = [week(0, 0.0), week(1, 0.5), week(4, 1.0)]
    assert positions(weeks, weeks[0].week, weeks[-1].week) == [(0.0, 100.0), (25.0, 50.0), (100.0, 0.0)]
    assert area_polygon([(0.0, 50.0), (100.0, 0.0)]) == "polygon(0.0% 100%, 0.0% 50.0%, 100.0% 0.0%, 100.0% 100%)"


def test_a_line_begins_with_the_first_week() -> None:
    drawn = str(trend(Line("", [week(0, 0.8)])))
    assert "80% in the week of 2 Nov 2026." in drawn
    assert "3 reviews" in drawn
    unscored = str(trend(Line("", [week(0, None)])))
    assert "A line begins here" in unscored
    assert "2 Nov 2026" in unscored
    assert "table" not in str(trend(Line("", [])))


def test_two_lines_are_named_and_told_apart_without_colours() -> None:
    drawn = str(trend(Line("Nike", [week(0), week(1)]), Line("Zara", [week(1)])))
    assert "Nike: 50% in the week of 2 Nov 2026, 50% in that of 9 Nov 2026. Zara: 50%" in drawn
    assert "'Show ', Span(children='Zara', dir='auto'), ' as a table'" in drawn
    assert "stroke-dasharray%3D%277%206%27" in drawn


def test_points_that_would_hide_their_line_are_left_out() -> None:
    assert "trend-dot" in str(trend(Line("", [week(number) for number in range(40)])))
    assert "trend-dot" not in str(trend(Line("", [week(number) for number in range(41)])))


def terms(read_count: int, *, praise: int = 0) -> Terms:
    term = {"term": "friendly staff", "review_count": 4, "mean_pull": 1.5, "trend": "rising"}
    return Terms.model_validate({"read_count": read_count, "praise": [term] * praise, "complaints": []})


def test_a_term_says_how_many_and_leads_to_them() -> None:
    shown = str(term_lists(terms(9, praise=1), "nike"))
    assert "/brands/nike?term=friendly+staff#latest-title" in shown
    assert "4 reviews" in shown
    assert "more lately" in shown
    assert "No two people gave the same complaint yet." in shown


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "cannot be shown at the moment"),
        (terms(0), "After five reviews the words that weigh most stand here, read out of them by the model."),
        (terms(1, praise=1), "So far there is 1."),
        (terms(4, praise=1), "So far there are 4."),
        (terms(5), "No two people gave the same praise yet."),
    ],
)
def test_an_empty_list_says_why(found: Terms | None, why: str) -> None:
    shown = str(term_lists(found, "nike"))
    assert why in shown
    assert "friendly staff" not in shown


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
        }
    )
    assert words in corrected_sentence(summary)


def test_pages_are_walked_forth_and_back() -> None:
    assert turn_page([], "b", forward=True) == ["b"]
    assert turn_page(["b"], "c", forward=True) == ["b", "c"]
    assert turn_page(["b"], None, forward=True) == ["b"]
    assert turn_page(["b", "c"], None, forward=False) == ["b"]
    assert turn_page([], "b", forward=False) == []


def test_an_empty_front_page_names_the_command_that_an_operator_chose() -> None:
    assert "make demo" in str(activity([], [], "make demo"))
    assert "invented" not in str(activity([], [], ""))


@pytest.mark.parametrize(
    ("now", "usual", "sentence"),
    [
        (9, 2.25, "9 reviews this week, usually 2"),
        (1200, 0.6, "1,200 reviews this week, usually 1"),
        (5, 0.25, "5 reviews this week, usually none"),
    ],
)
def test_a_rise_is_said_in_words(now: int, usual: float, sentence: str) -> None:
    brand = BrandName(slug="nike", name="Nike")
    assert rise_sentence(RisingBrand(brand=brand, review_count=now, usual_count=usual)) == sentence
