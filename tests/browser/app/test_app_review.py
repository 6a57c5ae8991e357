"""From the first word to the brand's page, every part real."""

import json
import urllib.request
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import accessibility_violations, console_errors, foreign_requests, overflow_px
from tests.support.browser.chromium import NARROW, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.local_run import LocalRun


@pytest.fixture
def composer(driver: Chrome, opine: LocalRun) -> ComposerPage:
    return ComposerPage(driver, opine.url("frontend"))


def reviews_of(opine: LocalRun, brand: str) -> list[dict[str, Any]]:
    url = f"{opine.url('reviews')}/api/v1/reviews?brand={brand}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own address
        items: list[dict[str, Any]] = json.loads(answer.read())["items"]
    return items


def test_a_review_from_the_first_word_to_the_brand_page(
    driver: Chrome, opine: LocalRun, composer: ComposerPage
) -> None:
    composer.open("lego")
    assert composer.brand == "LEGO"
    composer.type("Terrible service, rude and useless, I want my money back.")
    composer.wait_for_prediction("Bad")
    assert composer.stars == 1
    assert any(name.startswith("against") for _, name in composer.marks)
    composer.clear()
    composer.type("Wonderful sets, fast delivery, we love them!")
    composer.wait_for_prediction("Good")
    assert any(name.startswith("for") for _, name in composer.marks)
    wait_for(driver, "five stars", lambda: composer.stars == 5)
    composer.choose(4)
    composer.submit()
    composer.wait_for_thanks()
    composer.follow_thanks()
    page = BrandPage(driver, opine.url("frontend"))
    page.wait_until_ready()
    assert page.texts == ["Wonderful sets, fast delivery, we love them!"]
    (review,) = reviews_of(opine, "lego")
    assert review["stars"] == 4
    assert review["prediction"]["stars"] == 5
    assert review["prediction"]["label"] == "good"
    assert console_errors(driver) == []
    assert foreign_requests(driver, opine.url("frontend")) == []


def test_a_narrow_page_is_whole_and_accessible(driver: Chrome, composer: ComposerPage) -> None:
    set_viewport(driver, NARROW)
    composer.open()
    composer.type("Quite good, but the delivery was slow.")
    wait_for(driver, "a reading", lambda: composer.percent)
    assert overflow_px(driver) == 0
    assert accessibility_violations(driver) == []


def test_while_the_model_stands_still_a_review_is_rated_by_hand(opine: LocalRun, composer: ComposerPage) -> None:
    composer.open("ikea")
    with opine.stalled("sentiment"):
        composer.type("Solid furniture.")
        composer.wait_for_notice("choose the stars yourself")
        composer.choose(4)
        composer.submit()
        composer.wait_for_thanks()
    (review,) = reviews_of(opine, "ikea")
    assert review["stars"] == 4
    assert review["prediction"] is None


@pytest.mark.parametrize("part", ["postgres", "reviews"])
def test_a_text_outlives_an_outage_and_becomes_one_review(opine: LocalRun, composer: ComposerPage, part: str) -> None:
    brand = {"postgres": "sony", "reviews": "nike"}[part]
    text = f"Kept through an outage of {part}."
    composer.open(brand)
    composer.type(text)
    wait_for(composer.driver, "a reading", lambda: composer.percent)
    composer.choose(3)
    with opine.stalled(part):
        composer.submit()
        wait_for(composer.driver, "a notice", lambda: composer.notice)
        composer.reload()
        assert composer.text == text
        assert composer.stars == 3
    composer.submit()
    composer.wait_for_thanks()
    assert [review["text"] for review in reviews_of(opine, brand)] == [text]
