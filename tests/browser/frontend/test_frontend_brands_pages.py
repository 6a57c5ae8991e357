import urllib.error
import urllib.request

import pytest
from driving.brand_pages import BrandPage, BrandsPage
from driving.composer_page import ComposerPage
from driving.waiting import wait_for
from fake_api.server import FakeServer
from selenium.webdriver import Chrome, Keys


def test_brands_are_found_by_name(driver: Chrome, base_url: str) -> None:
    page = BrandsPage(driver, base_url)
    page.open()
    page.search("ik")
    page.wait_for_names(["IKEA", "Nike"])
    page.search("zzz")
    wait_for(driver, "nothing found", lambda: "Nothing matches “ikzzz”" in page.words)


def test_brands_are_found_by_sector_and_shown_in_pages(driver: Chrome, base_url: str) -> None:
    page = BrandsPage(driver, base_url)
    page.open()
    assert len(page.names) == 24
    page.show_more()
    wait_for(driver, "all brands", lambda: len(page.names) == 30)
    page.choose_sector("Food")
    wait_for(driver, "food", lambda: len(page.names) == 10)


def test_arrow_keys_lead_to_a_brand(driver: Chrome, base_url: str) -> None:
    page = BrandsPage(driver, base_url)
    page.open()
    page.search("ik")
    page.wait_for_names(["IKEA", "Nike"])
    driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    BrandPage(driver, base_url).wait_until_ready()
    assert driver.current_url == f"{base_url}/brands/nike"
    assert driver.title == "Nike · Opine"
    assert driver.switch_to.active_element.text == "Nike"


def test_a_brand_shows_its_numbers_and_pages_through_its_reviews(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    assert "3.2" in page.words
    assert "20 reviews" in page.words
    assert "people corrected the stars" in page.words
    newest = page.texts
    assert len(newest) == 8
    page.older()
    page.older()
    assert len(page.texts) == 4
    page.newer()
    page.newer()
    assert page.texts == newest


def test_a_brand_leads_to_its_review(driver: Chrome, base_url: str, composer: ComposerPage) -> None:
    BrandPage(driver, base_url).open("muji")
    driver.find_element("id", "review-brand").click()
    wait_for(driver, "the composer", lambda: composer.brand == "Muji")
    link = driver.find_element("id", "company_link")
    assert link.get_attribute("href") == "https://www.muji.example/"
    assert "noopener" in (link.get_attribute("rel") or "")


@pytest.mark.parametrize("path", ["/nowhere", "/brands/unknown", "/?brand=unknown", "/brands/nike/more"])
def test_what_does_not_exist_is_a_404_with_a_page(driver: Chrome, base_url: str, path: str) -> None:
    assert _status(f"{base_url}{path}") == 404
    driver.get(f"{base_url}{path}")
    wait_for(driver, "the page", lambda: "Browse brands" in driver.find_element("id", "page-content").text)


@pytest.mark.parametrize("path", ["/", "/?brand=nike", "/brands", "/brands/nike", "/admin"])
def test_what_exists_is_a_200(fake: FakeServer, base_url: str, path: str) -> None:
    fake.start()
    assert _status(f"{base_url}{path}") == 200


def test_the_apis_outage_is_no_404(fake: FakeServer, base_url: str) -> None:
    fake.stop()
    try:
        assert _status(f"{base_url}/brands/nike") == 200
    finally:
        fake.start()


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own http URL
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
