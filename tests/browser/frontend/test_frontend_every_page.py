"""What holds on every page: accessibility in both schemes, a narrow screen, no console error, no foreign host."""

from functools import partial

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.remote.webelement import WebElement

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.checks import accessibility_violations, console_errors, foreign_requests, overflow_px
from tests.support.browser.chromium import NARROW, set_color_scheme, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import PASSWORD

PAGES = ("home", "thanks", "brands", "brand", "elsewhere", "compare", "admin", "login", "not_found")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_and_keeps_to_itself(driver: Chrome, base_url: str, page: str) -> None:
    _open(driver, base_url, page)
    html = driver.find_element("tag name", "html")
    for scheme in ("light", "dark"):
        set_color_scheme(driver, scheme)
        wait_for(driver, scheme, partial(_has_scheme, html, scheme))
        assert accessibility_violations(driver) == []
    set_viewport(driver, NARROW)
    assert overflow_px(driver) == 0
    # A browser reports the 404 of the page itself as an error.
    assert [error for error in console_errors(driver) if "/nowhere" not in error] == []
    assert foreign_requests(driver, base_url) == []


def test_the_checks_see_what_they_look_for(driver: Chrome, base_url: str) -> None:
    _open(driver, base_url, "home")
    driver.execute_script(
        "document.getElementById('page-content').insertAdjacentHTML('beforeend',"
        ' \'<p style="color:#dddddd;background:#fff">faint</p><hr style="width:9000px"><img src="/none.png">\');'
        "fetch('https://elsewhere.invalid/').catch(() => {});"
    )
    found = accessibility_violations(driver)
    assert {line.split(":")[0] for line in found} == {"color-contrast", "image-alt"}
    assert overflow_px(driver) > 7000
    wait_for(driver, "the error", lambda: any("Content Security Policy" in error for error in console_errors(driver)))


def test_a_chosen_scheme_outlasts_the_page(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    html = "document.documentElement.dataset.mantineColorScheme"
    driver.find_element("css selector", ".scheme-toggle").click()
    wait_for(driver, "dark", lambda: driver.execute_script(f"return {html}") == "dark")
    composer.reload()
    assert driver.execute_script(f"return {html}") == "dark"
    background = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(16, 21, 19)"


def test_pages_that_were_left_leave_no_elements(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    driver.execute_cdp_cmd("HeapProfiler.enable", {})
    _walk(driver, 2)
    before = _elements(driver)
    _walk(driver, 3)
    assert _elements(driver) < before + 100
    # What somebody holds on to stays; so do elements that the driver was asked for, which is why `_walk` asks for none.
    _walk(driver, 3, "(window.held ??= []).push(document.getElementById('page-content').firstChild)")
    assert _elements(driver) > before + 300


def _walk(driver: Chrome, rounds: int, before_leaving: str = "") -> None:
    click = "[...document.querySelectorAll('nav a')].find((link) => link.textContent === arguments[0]).click()"
    shown = "return document.querySelector(arguments[0]) !== null"
    for name, selector in [("Brands", ".brand-card"), ("Review", "#review")] * rounds:
        driver.execute_script(before_leaving)
        driver.execute_script(click, name)
        wait_for(driver, name, partial(driver.execute_script, shown, selector))


def _elements(driver: Chrome) -> int:
    for _ in range(3):
        driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    return int(driver.execute_cdp_cmd("Memory.getDOMCounters", {})["nodes"])


def _has_scheme(html: WebElement, scheme: str) -> bool:
    return html.get_attribute("data-mantine-color-scheme") == scheme


def _open(driver: Chrome, base_url: str, page: str) -> None:
    composer = ComposerPage(driver, base_url)
    if page in {"home", "thanks"}:
        composer.open("nike")
        composer.type("Great shoes, love them, but slow and broken")
        composer.wait_for_prediction("Good")
        if page == "thanks":
            composer.submit()
            composer.wait_for_thanks()
        return
    path = {
        "brands": "/brands",
        "brand": "/brands/nike",
        "elsewhere": "/brands/patagonia",
        "compare": "/compare?a=nike&b=ikea",
        "not_found": "/nowhere",
    }.get(page, "/admin")
    driver.get(f"{base_url}{path}")
    if page == "admin":
        admin = AdminPage(driver, base_url)
        admin.log_in(PASSWORD)
        admin.wait_for_rows(20)
        wait_for(driver, "the runs", lambda: admin.runs)
        driver.find_element("css selector", "#admin-runs summary").click()
    awaited = {
        "brands": ".brand-card",
        "brand": ".review-card",
        "elsewhere": ".review-reply",
        "compare": ".term",
        "not_found": ".not-found",
        "login": "#login-button",
    }
    selector = awaited.get(page, ".admin-table")
    wait_for(driver, selector, lambda: driver.find_element("css selector", selector).is_displayed())
