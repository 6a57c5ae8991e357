"""Pages for people who see or read otherwise: forced colours, paper, right to left, the narrowest screen."""

from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import overflow_px
from tests.support.browser.chromium import NARROWEST, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import PASSWORD, Store

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


_HEBREW = "\u05d1\u05e0\u05e7 (123)!"
_NO_DIRECTION = r"""
const found = [];
const texts = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const parent = texts.currentNode.parentElement;
  const isSeen = /[\u0590-\u05ff]/.test(texts.currentNode.textContent) && !parent.closest(".visually-hidden");
  if (isSeen && !parent.closest("[dir], .monogram, [role=option]")) found.push(parent.outerHTML);
}
return found;
"""
_PATHS = ("/?brand=nike", "/", "/brands", "/brands/nike", "/brands/patagonia", "/compare?a=nike&b=ikea", "/admin")


def _open(driver: Chrome, base_url: str, path: str) -> None:
    if path == "/admin":
        page = AdminPage(driver, base_url)
        page.open()
        page.log_in(PASSWORD)
        page.wait_for_rows(20)
        wait_for(driver, "what is moderated", lambda: "Hidden reviews" in page.moderation)
        return
    driver.get(f"{base_url}{path}")
    wait_for(driver, "the page", lambda: driver.find_element("css selector", "#main h1").is_displayed())
    wait_for(driver, "all of it", lambda: not driver.find_elements("css selector", "#main .skeleton"))


@pytest.mark.parametrize("path", _PATHS)
def test_what_anybody_wrote_has_its_own_direction(driver: Chrome, store: Store, base_url: str, path: str) -> None:
    store.say_everywhere(_HEBREW)
    _open(driver, base_url, path)
    assert _HEBREW in driver.find_element("id", "main").text
    assert driver.execute_script(_NO_DIRECTION) == []
    driver.execute_script("document.querySelector('#main h1').textContent = arguments[0]", _HEBREW)
    driver.execute_script("document.querySelector('#main h1').removeAttribute('dir')")
    assert len(driver.execute_script(_NO_DIRECTION)) == 1


# The last makes room for who reads letters better apart (WCAG 2.2, 1.4.12).
@pytest.mark.parametrize(
    "style",
    ["", "* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"],
)
@pytest.mark.parametrize("path", _PATHS)
def test_no_word_is_too_long_for_the_narrowest_screen(
    driver: Chrome, store: Store, base_url: str, path: str, style: str
) -> None:
    store.say_everywhere("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2)
    set_viewport(driver, NARROWEST)
    _open(driver, base_url, path)
    add = "document.head.append(Object.assign(document.createElement('style'), {textContent: arguments[0]}))"
    driver.execute_script(add, style)
    assert overflow_px(driver) == 0


@pytest.mark.parametrize("path", _PATHS)
def test_what_paper_cannot_do_is_not_printed(driver: Chrome, store: Store, base_url: str, path: str) -> None:
    store.say_everywhere("words")
    _open(driver, base_url, path)
    _emulate(driver, media="print")
    shown = (
        "return [...document.querySelectorAll('button, .as-table summary, [class*=button-], .filters input')]"
        ".filter((one) => one.checkVisibility()).map((one) => one.textContent)"
    )
    # Headings of columns, which sort on a screen.
    headings = {"Date ↓", "Brand", "Stars", "Sentiment"} if path == "/admin" else set()
    assert set(driver.execute_script(shown)) == headings


@pytest.mark.parametrize("last", [{"keyCode": 229}, {"isComposing": True}, {"keyCode": 229, "isComposing": True}])
def test_an_input_method_keeps_its_keys(composer: ComposerPage, store: Store, last: dict[str, object]) -> None:
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    press = (
        "document.getElementById('review').dispatchEvent(new KeyboardEvent('keydown',"
        "{key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true, ...arguments[0]}))"
    )
    composer.driver.execute_script(press, last)
    compose = {"text": "\u306b\u307b", "selectionStart": 2, "selectionEnd": 2}
    composer.driver.execute_cdp_cmd("Input.imeSetComposition", compose)
    composer.type(Keys.CONTROL + Keys.ENTER)
    assert store.attempts == []
    composer.driver.execute_cdp_cmd("Input.insertText", {"text": "\u65e5\u672c"})
    composer.driver.execute_script(press, {"keyCode": 13})
    composer.wait_for_thanks()
    assert [body["text"] for _, body in store.attempts] == ["Great bricks\u65e5\u672c"]
