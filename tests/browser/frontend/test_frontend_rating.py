from selenium.webdriver import ActionChains, Chrome, Keys

from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store


def test_chosen_stars_are_never_overwritten(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("great")
    wait_for(composer.driver, "a proposal", lambda: composer.stars == 5)
    composer.choose(2)
    composer.type(" terrible rude broken")
    composer.wait_for_prediction("Bad")
    assert composer.stars == 2
    assert composer.rating_source == "Your choice; your words suggest 1."


def test_agreeing_with_the_proposal_is_a_choice_too(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("great")
    wait_for(composer.driver, "a proposal", lambda: composer.stars == 5)
    composer.choose(5)
    composer.type(" terrible rude broken")
    composer.wait_for_prediction("Bad")
    assert composer.stars == 5


def test_the_proposal_can_be_taken_again(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("great")
    wait_for(composer.driver, "a proposal", lambda: composer.stars == 5)
    composer.choose(1)
    composer.use_proposal()
    wait_for(composer.driver, "the proposal", lambda: composer.stars == 5)
    composer.type(" terrible rude broken")
    wait_for(composer.driver, "the next proposal", lambda: composer.stars == 1)


def test_a_review_can_be_written_rated_and_sent_by_keyboard(
    driver: Chrome, composer: ComposerPage, store: Store
) -> None:
    composer.open("nike")
    keys = ActionChains(driver)
    _tab_to(driver, "review")
    keys.send_keys("great").perform()
    wait_for(driver, "a proposal", lambda: composer.stars == 5)
    ActionChains(driver).send_keys(Keys.TAB).perform()
    ActionChains(driver).send_keys(Keys.ARROW_LEFT).perform()
    wait_for(driver, "four stars", lambda: composer.stars == 4)
    _tab_to(driver, "submit_button")
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    composer.wait_for_thanks()
    assert [body["stars"] for _, body in store.attempts] == [4]
    assert driver.switch_to.active_element.get_attribute("id") == "thanks-title"


def test_the_skip_link_comes_first(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.text == "Skip to content"
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert driver.switch_to.active_element.get_attribute("id") == "main"


def _tab_to(driver: Chrome, element_id: str) -> None:
    for _ in range(20):
        if driver.switch_to.active_element.get_attribute("id") == element_id:
            return
        ActionChains(driver).send_keys(Keys.TAB).perform()
    raise AssertionError(f"{element_id} cannot be reached by the Tab key")
