"""Below the composer the front page shows what happens on the site."""

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import accessibility_violations, console_errors, overflow_px
from tests.support.browser.chromium import NARROWEST, set_color_scheme, set_viewport
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store


def _texts(driver: Chrome, selector: str) -> list[str]:
    return [str(element.text) for element in driver.find_elements(By.CSS_SELECTOR, selector)]


def _open(driver: Chrome, base_url: str) -> None:
    driver.get(f"{base_url}/")
    wait_for(driver, "the sections", lambda: _texts(driver, ".activity h2") == ["Latest reviews", "Brands on the rise"])


def test_the_newest_reviews_and_brands_on_the_rise_are_shown(driver: Chrome, base_url: str, store: Store) -> None:
    store.add_review("lego", "<b>Bricks</b> & more. " + "Long. " * 80, 5, shown=None)
    store.reviews[-1]["demo"] = True
    _open(driver, base_url)
    cards = driver.find_elements(By.CSS_SELECTOR, ".activity .review-card")
    assert len(cards) == 6
    assert "Lego" in cards[0].text
    assert "Demo" in cards[0].text
    assert "Demo" not in cards[1].text
    text = cards[0].find_element(By.CSS_SELECTOR, ".review-text").text
    assert text.startswith("<b>Bricks</b> & more.")
    assert text.endswith("…")
    assert _texts(driver, ".rising .brand-text") == [
        "IKEA\n9 reviews this week, usually 2",
        "Lego\n5 reviews this week, usually none",
    ]
    driver.find_element(By.CSS_SELECTOR, ".rising a").click()
    BrandPage(driver, base_url).wait_until_ready()
    assert driver.current_url == f"{base_url}/brands/ikea"


def test_it_is_accessible_and_fits_the_narrowest_screen(driver: Chrome, base_url: str) -> None:
    _open(driver, base_url)
    for scheme in ("light", "dark"):
        set_color_scheme(driver, scheme)
        assert accessibility_violations(driver) == []
    set_viewport(driver, NARROWEST)
    assert overflow_px(driver) == 0
    assert console_errors(driver) == []


def test_a_site_without_reviews_says_what_to_do(driver: Chrome, base_url: str, store: Store) -> None:
    store.reviews.clear()
    store.rising.clear()
    _open(driver, base_url)
    assert "Write the first one above" in _texts(driver, ".latest .empty")[0]
    # Only where an operator has named it.
    assert "demo" not in driver.find_element(By.CSS_SELECTOR, ".activity").text
    assert "A usual week" in _texts(driver, ".rising .empty")[0]


def test_the_page_of_one_brand_shows_only_the_composer(driver: Chrome, base_url: str) -> None:
    driver.get(f"{base_url}/?brand=nike")
    wait_for(driver, "the composer", lambda: driver.find_elements(By.ID, "review"))
    assert _texts(driver, ".activity") == []


def test_without_the_api_the_composer_stays(driver: Chrome, base_url: str, store: Store) -> None:
    store.knobs.broken_path = "/api/v1/rising-brands"
    driver.get(f"{base_url}/")
    wait_for(driver, "the notice", lambda: "The latest reviews are not here" in " ".join(_texts(driver, ".activity")))
    assert driver.find_element(By.ID, "review").is_enabled()
