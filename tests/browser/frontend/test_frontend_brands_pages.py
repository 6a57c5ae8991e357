import urllib.error
import urllib.request

import pytest
from selenium.webdriver import Chrome, Keys

from tests.support.browser.brand_pages import BrandPage, BrandsPage
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.server import FakeServer


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


def test_what_was_read_elsewhere_stands_apart_with_a_way_to_it(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("patagonia")
    assert "No reviews yet" in page.words
    assert "Written on other sites, not on Opine" in page.scraped_words
    assert "trustpilot.com 2.8 of 5 stars 2.8 · 11 reviews" in " ".join(page.scraped_words.split())
    links = driver.find_elements("css selector", ".elsewhere a")
    assert {link.get_attribute("href") for link in links} == {"https://www.trustpilot.com/review/patagonia.example"}
    assert {link.get_attribute("rel") for link in links} == {"noopener nofollow"}
    assert "Title 0" in page.scraped_words
    assert "24 Nov 2026" in page.scraped_words
    assert "marked there as verified" in page.scraped_words
    assert "Patagonia answered" in page.scraped_words
    assert "Hello [name]," in page.scraped_words
    french = driver.find_element("css selector", ".elsewhere [lang=fr]")
    assert french.text.startswith("Une réponse")
    newest = page.scraped_texts
    page.older("elsewhere")
    assert len(page.scraped_texts) == 2
    # An address that is none of the web is no link.
    assert "Read on another site" in page.scraped_words
    page.newer("elsewhere")
    assert page.scraped_texts == newest


def test_both_lists_of_a_brand_are_paged_by_themselves(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    scraped = page.scraped_texts
    assert len(scraped) == 1
    page.older()
    assert page.scraped_texts == scraped
    assert "20 reviews" in page.words
    page.open("ikea")
    assert "Read elsewhere" not in page.words


def test_a_brand_known_from_elsewhere_says_so_in_the_list(driver: Chrome, base_url: str) -> None:
    page = BrandsPage(driver, base_url)
    page.open()
    page.search("patag")
    page.wait_for_names(["Patagonia"])
    assert "11 read elsewhere" in page.words


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
