from selenium.webdriver import Chrome

from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.server import FakeServer
from tests.support.fake_reviews.store import Store


def test_without_sentiment_a_review_is_rated_by_hand(composer: ComposerPage, store: Store) -> None:
    store.knobs.sentiment_away = True
    composer.open("lego")
    composer.type("great")
    composer.wait_for_notice("Choose the stars yourself")
    assert (composer.stars, composer.can_submit) == (0, False)
    composer.choose(4)
    composer.submit()
    composer.wait_for_thanks()
    assert [(body["stars"], body["prediction"]) for _, body in store.attempts] == [(4, None)]


def test_the_prediction_comes_back_by_itself(composer: ComposerPage, store: Store) -> None:
    store.knobs.sentiment_away = True
    composer.open("lego")
    composer.type("great")
    composer.wait_for_notice("Choose the stars yourself")
    store.knobs.sentiment_away = False
    composer.wait_for_prediction("Good")
    assert composer.notice == ""


def test_a_late_prediction_says_so_and_is_asked_for_again(composer: ComposerPage, store: Store) -> None:
    store.knobs.sentiment_late = True
    composer.open("lego")
    composer.type("great")
    composer.wait_for_notice("takes too long")
    store.knobs.sentiment_late = False
    composer.wait_for_prediction("Good")
    assert composer.notice == ""


def test_without_the_api_the_text_is_kept_and_sent_later(
    composer: ComposerPage, store: Store, fake: FakeServer
) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    fake.stop()
    composer.submit()
    composer.wait_for_notice("the server is not answering")
    composer.reload()
    composer.wait_for_notice("not answering")
    assert (composer.brand, composer.text) == ("Lego", "great")
    fake.start()
    composer.press_notice()
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_thanks()
    assert len(store.attempts) == 1


def test_a_page_without_its_data_says_so_and_can_be_tried_again(
    driver: Chrome, base_url: str, fake: FakeServer
) -> None:
    fake.stop()
    driver.get(f"{base_url}/brands/nike")

    def content() -> str:
        return driver.find_element("id", "page-content").text

    wait_for(driver, "a notice", lambda: "not answering" in content())
    fake.start()
    driver.find_element("id", "page-retry").click()
    wait_for(driver, "the brand", lambda: "What people praise" in content())
