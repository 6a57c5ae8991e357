"""Pages for people who see or read otherwise: forced colours, paper, right to left, the narrowest screen."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import overflow_px
from tests.support.browser.chromium import NARROWEST, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store

# What a shape is painted with, and on which ground.
_PAINT = """
const style = getComputedStyle(document.querySelector(arguments[0]));
const ground = getComputedStyle(document.body).backgroundColor;
return {colour: style.backgroundColor, ground, printed: style.printColorAdjust, shown: style.display !== "none"};
"""
_SHAPES_OF_BRAND = [".stars-filled", ".stars", ".bar-fill", ".trend-line", ".star-count .icon", ".bar-for"]
_SHAPES_OF_COMPOSER = [".meter-fill", "[data-probability]", ".star-column:first-child .icon", "#submit_button .icon"]


def _emulate(driver: Chrome, *, media: str = "", **features: str) -> None:
    wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": wanted})


def _paint(driver: Chrome, selector: str) -> dict[str, Any]:
    found: dict[str, Any] = driver.execute_script(_PAINT, selector)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shapes_are_seen_in_forced_colours(driver: Chrome, composer: ComposerPage, base_url: str, scheme: str) -> None:
    _emulate(driver, forced_colors="active", prefers_color_scheme=scheme)
    composer.open("nike")
    composer.type("Great shoes, but slow")
    wait_for(driver, "stars", lambda: composer.stars)
    for shape in _SHAPES_OF_COMPOSER:
        paint = _paint(driver, shape)
        assert paint["colour"] != paint["ground"], shape
    filled, empty = (_paint(driver, f".star-column:{place}-child .icon")["colour"] for place in ("first", "last"))
    assert filled != empty
    button = "const style = getComputedStyle(arguments[0]); return [style.color, style.backgroundColor];"
    text, ground = driver.execute_script(button, driver.find_element("id", "submit_button"))
    assert text != ground
    BrandPage(driver, base_url).open("nike")
    for shape in _SHAPES_OF_BRAND:
        paint = _paint(driver, shape)
        assert paint["colour"] != paint["ground"], shape


def test_a_shape_without_its_rule_would_not_be_seen(driver: Chrome, composer: ComposerPage) -> None:
    _emulate(driver, forced_colors="active", prefers_color_scheme="light")
    composer.open("nike")
    script = "document.querySelector('#submit_button .icon').style.forcedColorAdjust = 'auto'"
    driver.execute_script(script)
    paint = _paint(driver, "#submit_button .icon")
    assert paint["colour"] in {paint["ground"], "rgb(255, 255, 255)"}


def test_shapes_are_printed_and_controls_are_not(driver: Chrome, composer: ComposerPage, base_url: str) -> None:
    _emulate(driver, media="print", prefers_color_scheme="dark")
    composer.open("nike")
    composer.type("Great shoes, but slow")
    wait_for(driver, "stars", lambda: composer.stars)
    assert _paint(driver, "body")["ground"] == "rgb(244, 247, 245)"
    for shape in [*_SHAPES_OF_COMPOSER[:-1], "#review-highlights .mark"]:
        assert _paint(driver, shape)["printed"] == "exact", shape
    assert not _paint(driver, ".submit")["shown"]
    BrandPage(driver, base_url).open("nike")
    for shape in _SHAPES_OF_BRAND:
        assert _paint(driver, shape)["printed"] == "exact", shape
    assert not _paint(driver, ".site-header nav")["shown"]


def test_a_text_begins_where_its_script_does(
    driver: Chrome, composer: ComposerPage, store: Store, base_url: str
) -> None:
    hebrew = "\u05e9\u05d9\u05e8\u05d5\u05ea \u05de\u05e6\u05d5\u05d9\u05df"
    directions = (
        "return ['#review', '#review-highlights'].map((selector) => {"
        "const style = getComputedStyle(document.querySelector(selector));"
        "return [style.direction, style.unicodeBidi]; })"
    )
    composer.open("lego")
    composer.type(hebrew)
    assert driver.execute_script(directions) == [["rtl", "plaintext"]] * 2
    composer.clear()
    composer.type("left to right")
    assert driver.execute_script(directions) == [["ltr", "plaintext"]] * 2
    store.add_review("lego", hebrew, 5, shown=None)
    BrandPage(driver, base_url).open("lego")
    script = "return getComputedStyle(document.querySelector('.review-text')).direction"
    assert driver.execute_script(script) == "rtl"


@pytest.mark.parametrize(
    "path",
    ["/?brand=nike", "/brands", "/brands/nike", "/brands/patagonia", "/compare?a=nike&b=ikea", "/admin", "/nowhere"],
)
def test_the_narrowest_screen_is_wide_enough(driver: Chrome, base_url: str, path: str) -> None:
    set_viewport(driver, NARROWEST)
    driver.get(f"{base_url}{path}")
    wait_for(driver, "the page", lambda: driver.find_element("css selector", "#main h1").is_displayed())
    assert overflow_px(driver) == 0
