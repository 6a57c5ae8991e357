"""A review on its way: without a network, from two tabs, and in a browser that keeps nothing."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, Keys

from tests.support.browser.chromium import offline
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store

_FILL_STORAGE = """
const filler = "x".repeat(1024);
let number = 0;
try { for (;;) localStorage.setItem(`filler-${number++}`, filler.repeat(1024)); } catch {}
try { for (;;) localStorage.setItem(`filler-${number++}`, filler); } catch {}
try { for (;;) localStorage.setItem(`filler-${number++}`, "x"); } catch {}
"""


def test_offline_a_review_waits_and_goes_out_by_itself(driver: Chrome, composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    with offline(driver):
        composer.submit()
        composer.wait_for_notice("You are offline")
        assert "not sent yet" in composer.notice
        assert "kept in this browser" in composer.notice
        assert store.attempts == []
    assert "5 stars for Lego" in composer.wait_for_thanks()
    assert len(store.attempts) == 1


def test_a_review_written_offline_is_read_and_sent_later(driver: Chrome, composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    with offline(driver):
        composer.type("great")
        composer.wait_for_notice("You are offline")
        assert not composer.can_submit
        composer.type(Keys.CONTROL + Keys.ENTER)
        assert driver.switch_to.active_element.get_attribute("name") == "stars"
        composer.choose(4)
        composer.submit()
        composer.wait_for_notice("not sent yet")
    composer.wait_for_thanks()
    assert [(body["stars"], body["prediction"]) for _, body in store.attempts] == [(4, None)]


def test_back_online_the_proposal_comes_by_itself(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("lego")
    with offline(driver):
        composer.type("great")
        composer.wait_for_notice("You are offline")
    composer.wait_for_prediction("Good")
    assert (composer.notice, composer.stars) == ("", 5)


def test_a_waiting_review_can_be_changed(driver: Chrome, composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    with offline(driver):
        composer.submit()
        composer.wait_for_notice("not sent yet")
        composer.type(" and terrible, broken, rude")
    composer.wait_for_prediction("Bad")
    assert store.attempts == []
    composer.submit()
    composer.wait_for_thanks()
    assert [body["stars"] for _, body in store.attempts] == [1]


def test_a_waiting_review_survives_a_reload(driver: Chrome, composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    with offline(driver):
        composer.submit()
        composer.wait_for_notice("not sent yet")
        kept = driver.execute_script("return {...localStorage}")
    composer.wait_for_thanks()
    # As if the page had been closed while it waited.
    store.reset()
    for key, value in kept.items():
        driver.execute_script("localStorage.setItem(...arguments)", key, value)
    composer.reload()
    composer.wait_for_thanks()
    assert [body["text"] for _, body in store.attempts] == ["great"]


@pytest.fixture
def second_tab(driver: Chrome) -> Iterator[str]:
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    second = driver.current_window_handle
    driver.switch_to.window(first)
    yield second
    driver.switch_to.window(second)
    driver.close()
    driver.switch_to.window(first)


def test_one_draft_in_two_tabs_is_one_review(
    driver: Chrome, composer: ComposerPage, store: Store, second_tab: str
) -> None:
    first = driver.current_window_handle
    composer.open("lego")
    composer.type("great bricks")
    composer.wait_for_prediction("Good")
    driver.switch_to.window(second_tab)
    composer.open("lego")
    assert composer.text == "great bricks"
    composer.wait_for_prediction("Good")
    for tab in (first, second_tab):
        driver.switch_to.window(tab)
        composer.submit()
        composer.wait_for_thanks()
    assert len({key for key, _ in store.attempts}) == 1
    assert [review["text"] for review in store.reviews if review["brand"]["slug"] == "lego"] == ["great bricks"]


def test_both_tabs_show_one_draft(driver: Chrome, composer: ComposerPage, second_tab: str) -> None:
    first = driver.current_window_handle
    composer.open("lego")
    driver.switch_to.window(second_tab)
    composer.open("lego")
    composer.type("great")
    driver.switch_to.window(first)
    wait_for(driver, "the other tab's text", lambda: composer.text == "great")
    composer.wait_for_prediction("Good")


def test_what_was_saved_in_other_words_is_told_and_can_be_sent_as_another(composer: ComposerPage, store: Store) -> None:
    store.knobs.answer_lost_after_saving = True
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_notice("Not saved yet")
    store.knobs.answer_lost_after_saving = False
    composer.type(", after all")
    composer.submit()
    composer.wait_for_notice("saved already")
    assert [review["text"] for review in store.reviews if review["brand"]["slug"] == "lego"] == ["great"]
    composer.press_notice()
    composer.wait_for_thanks()
    texts = [review["text"] for review in store.reviews if review["brand"]["slug"] == "lego"]
    assert texts == ["great", "great, after all"]


def test_a_full_storage_is_told(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("lego")
    driver.execute_script(_FILL_STORAGE)
    composer.type("great")
    wait_for(driver, "the truth", lambda: "Not kept" in composer.hint)
    driver.execute_script("localStorage.clear()")
    composer.type(" bricks")
    wait_for(driver, "room again", lambda: "Kept in this browser" in composer.hint)
    composer.reload()
    assert composer.text == "great bricks"


def test_what_is_not_kept_is_not_left_without_a_question(driver: Chrome, composer: ComposerPage) -> None:
    asked = "const event = new Event('beforeunload', {cancelable: true}); return !window.dispatchEvent(event);"
    composer.open("lego")
    composer.type("great")
    assert not driver.execute_script(asked)
    driver.execute_script(_FILL_STORAGE)
    composer.paste(" bricks" * 20)
    wait_for(driver, "the truth", lambda: "Not kept" in composer.hint)
    assert driver.execute_script(asked)
    driver.execute_script("localStorage.clear()")


def test_a_page_that_cannot_be_reached_says_so_and_comes_by_itself(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("lego")
    composer.type("great")
    lost = driver.find_element("id", "lost")
    with offline(driver):
        driver.find_element("link text", "Brands").click()
        wait_for(driver, "a word", lambda: "You are offline" in lost.text)
        assert composer.text == "great"
    wait_for(driver, "the brands", lambda: driver.find_elements("css selector", ".brand-card"))
    assert not lost.is_displayed()


def test_a_page_can_be_asked_for_again(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("lego")
    lost = driver.find_element("id", "lost")
    # As a server that is away: the browser stays online.
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*_dash-update-component*"]})
    try:
        driver.find_element("link text", "Brands").click()
        wait_for(driver, "a word", lambda: "cannot be reached" in lost.text)
    finally:
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.find_element("id", "lost-again").click()
    wait_for(driver, "the brands", lambda: driver.find_elements("css selector", ".brand-card"))
    assert not lost.is_displayed()


# As a proxy answers whose server is away.
_REFUSABLE = """{
  const { fetch } = window;
  window.fetch = (...request) =>
    window.refusal ? Promise.resolve(new Response("", { status: window.refusal })) : fetch(...request);
}"""


@pytest.fixture
def refusable(driver: Chrome) -> Iterator[None]:
    added = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _REFUSABLE})
    yield
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.mark.usefixtures("refusable")
@pytest.mark.parametrize(("status", "said"), [(502, "cannot be reached"), (503, "is busy"), (400, "please reload")])
def test_a_page_that_is_refused_says_so(driver: Chrome, composer: ComposerPage, status: int, said: str) -> None:
    composer.open("lego")
    lost = driver.find_element("id", "lost")
    driver.execute_script("window.refusal = arguments[0]", status)
    driver.find_element("link text", "Brands").click()
    wait_for(driver, "a word", lambda: said in lost.text)
    driver.execute_script("window.refusal = 0")
    driver.find_element("id", "lost-again").click()
    wait_for(driver, "the brands", lambda: driver.find_elements("css selector", ".brand-card"))
    assert not lost.is_displayed()
