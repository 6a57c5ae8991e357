"""A brand's praise and complaints, and its reviews by term, stars, order and words."""

import pytest
from selenium.webdriver import Chrome, Keys

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store


def focused(driver: Chrome) -> str:
    return str(driver.execute_script("return document.activeElement.id"))


def test_a_term_shows_the_reviews_that_say_it(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    assert page.terms == ["great", "love", "friendly", "good", "fine", "terrible", "broken", "rude", "slow", "late"]
    assert "↘ less lately" in page.words
    page.choose_term("rude")
    wait_for(driver, "those that say it", lambda: "Reviews that say “rude”" in page.words)
    assert page.texts == ["Slow answers, rude on the phone. A terrible week."] * 4
    assert page.address == "/brands/nike?term=rude"
    assert focused(driver) == "latest-title"
    driver.find_element("id", "reviews-term-clear").click()
    wait_for(driver, "all", lambda: len(page.texts) == 8)
    assert page.address == "/brands/nike"
    # The same again.
    page.choose_term("rude")
    wait_for(driver, "those that say it", lambda: len(page.texts) == 4)


def test_a_term_is_reached_by_keyboard(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    driver.find_element("css selector", ".term[data-term=late]").send_keys(Keys.ENTER)
    wait_for(driver, "those that say it", lambda: "Reviews that say “late”" in page.words)
    assert focused(driver) == "latest-title"


def test_reviews_are_chosen_by_stars_words_and_order(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    page.choose("stars", "5 stars")
    wait_for(driver, "five stars", lambda: set(page.texts) and not any("Fine" in text for text in page.texts))
    driver.find_element("id", "reviews-search").send_keys("sturdy")
    wait_for(driver, "the word", lambda: len(page.texts) == 4)
    assert all("sturdy" in text for text in page.texts)
    assert focused(driver) == "reviews-search"
    assert page.address == "/brands/nike?q=sturdy&stars=5"
    driver.find_element("id", "reviews-search").send_keys("xyz")
    wait_for(driver, "nothing", lambda: "No review is like that" in page.words)
    assert page.texts == []


def test_an_order_goes_through_all_pages(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    page.choose("sort", "Fewest stars first")
    wait_for(driver, "the worst", lambda: page.texts[:1] == ["Slow answers, rude on the phone. A terrible week."])
    worst = page.texts
    page.older()
    page.older()
    assert page.texts[-1] != worst[0]
    page.newer()
    page.newer()
    assert page.texts == worst


def test_an_address_shows_the_same_to_everybody(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    driver.get(f"{base_url}/brands/nike?term=great&stars=5&sort=oldest#latest-title")
    page.wait_until_ready()
    assert "Reviews that say “great”" in page.words
    assert len(page.texts) == 4
    assert driver.find_element("id", "reviews-stars").get_attribute("value") == "5 stars"
    assert driver.find_element("id", "reviews-sort").get_attribute("value") == "Oldest first"
    wait_for(driver, "the list", lambda: driver.execute_script("return scrollY") > 300)
    driver.get(f"{base_url}/brands/nike?stars=9&sort=sideways&term=%00")
    page.wait_until_ready()
    assert len(page.texts) == 8


def test_the_page_stands_without_the_terms(driver: Chrome, base_url: str, store: Store) -> None:
    store.knobs.broken_path = "/api/v1/brands/nike/terms"
    page = BrandPage(driver, base_url)
    page.open("nike")
    assert "This cannot be shown at the moment" in page.words
    assert len(page.texts) == 8


def test_a_new_brand_says_when_there_will_be_more(driver: Chrome, base_url: str, store: Store) -> None:
    store.add_review("lego", "Great bricks", 5, shown=5)
    page = BrandPage(driver, base_url)
    page.open("lego")
    assert "After five reviews the words that weigh most stand here" in page.words
    assert "So far there is 1." in page.words
    assert driver.find_element("css selector", ".trend-dot").is_displayed()


def test_two_brands_stand_side_by_side(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    driver.find_element("id", "compare-brand").click()
    wait_for(driver, "the page", lambda: "Choose two brands" in page.words)
    field = driver.find_element("id", "compare-b")
    field.send_keys("ikea")
    option = "//*[@role='option'][normalize-space()='IKEA']"
    wait_for(driver, "the brand", lambda: driver.find_element("xpath", option).is_displayed())
    driver.find_element("xpath", option).click()
    wait_for(driver, "both", lambda: driver.find_element("tag name", "h1").text == "Nike and IKEA")
    assert page.address == "/compare?a=nike&b=ikea"
    assert driver.title == "Nike and IKEA compared · Opine"
    assert len(driver.find_elements("css selector", ".trend-line")) == 2
    assert len(driver.find_elements("css selector", ".terms")) == 4
    driver.find_element("css selector", ".compare-sides:last-child [data-brand=ikea][data-term=rude]").click()
    wait_for(driver, "its reviews", lambda: "Reviews that say “rude”" in page.words)
    assert page.address.startswith("/brands/ikea?term=rude")


@pytest.mark.parametrize(
    ("query", "why"), [("a=nike&b=nobody", "no brand called “nobody”"), ("a=nike&b=nike", "one brand twice")]
)
def test_a_comparison_that_cannot_be_says_why(driver: Chrome, base_url: str, query: str, why: str) -> None:
    page = BrandPage(driver, base_url)
    driver.get(f"{base_url}/compare?{query}")
    wait_for(driver, why, lambda: why in page.words)
    assert page.address == f"/compare?{query}"


def test_the_address_is_handed_on(driver: Chrome, base_url: str) -> None:
    page = BrandPage(driver, base_url)
    page.open("nike")
    driver.execute_script(
        "navigator.share = undefined;navigator.clipboard.writeText = async (text) => { window.copied = text; };"
    )
    page.choose_term("late")
    wait_for(driver, "the term", lambda: page.address.endswith("?term=late"))
    button = driver.find_element("css selector", "[data-share]")
    button.click()
    wait_for(driver, "the answer", lambda: button.text == "Link copied")
    assert driver.execute_script("return window.copied") == f"{base_url}/brands/nike?term=late"
    driver.execute_script("navigator.clipboard.writeText = async () => { throw new Error('forbidden'); };")
    button.click()
    wait_for(driver, "another way", lambda: button.text == "Copy it from the address bar")
