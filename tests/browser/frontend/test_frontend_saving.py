from selenium.webdriver import Keys

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store


def test_a_saved_review_is_thanked_for_and_on_its_brands_page(
    composer: ComposerPage, store: Store, base_url: str
) -> None:
    composer.open("lego")
    composer.type("Great bricks, love them")
    composer.wait_for_prediction("Good")
    composer.submit()
    assert "5 stars for Lego" in composer.wait_for_thanks()
    composer.follow_thanks()
    brand = BrandPage(composer.driver, base_url)
    brand.wait_until_ready()
    assert brand.texts == ["Great bricks, love them"]
    (_, body), *more = store.attempts
    assert more == []
    assert body["prediction"]["label"] == "good"
    assert body["prediction"]["model"] == {"name": "fake", "version": "1.0.0", "digest": None}


def test_the_keys_that_submit_from_the_text(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.type(Keys.CONTROL + Keys.ENTER)
    composer.wait_for_thanks()
    assert len(store.attempts) == 1


def test_a_failed_save_survives_a_reload_and_is_stored_once(composer: ComposerPage, store: Store) -> None:
    store.knobs.answer_lost_after_saving = True
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.choose(4)
    composer.submit()
    composer.wait_for_notice("Not saved yet")
    assert composer.text == "Great bricks"
    composer.reload()
    assert (composer.text, composer.stars) == ("Great bricks", 4)
    store.knobs.answer_lost_after_saving = False
    composer.submit()
    composer.wait_for_thanks()
    keys = {key for key, _ in store.attempts}
    assert len(store.attempts) == 2
    assert len(keys) == 1
    assert [review["text"] for review in store.reviews if review["brand"]["slug"] == "lego"] == ["Great bricks"]


def test_a_draft_keeps_its_key(composer: ComposerPage, store: Store) -> None:
    store.knobs.saving_refused = True
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_notice("Not saved yet: the server is busy")
    composer.press_notice()
    wait_for(composer.driver, "a second attempt", lambda: len(store.attempts) == 2)
    composer.wait_for_notice("Not saved yet")
    composer.type(", after all")
    store.knobs.saving_refused = False
    composer.submit()
    composer.wait_for_thanks()
    first, second, third = (key for key, _ in store.attempts)
    assert first == second == third
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_thanks()
    assert store.attempts[-1][0] != first


def save_and_lose_the_answer(composer: ComposerPage, store: Store) -> None:
    store.knobs.answer_lost_after_saving = True
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_notice("Not saved yet")


def test_what_was_hidden_since_it_was_saved_is_said_and_sent_no_more(composer: ComposerPage, store: Store) -> None:
    save_and_lose_the_answer(composer, store)
    (saved,) = store.keys.values()
    store.reviews.remove(saved)
    store.hidden.append(saved)
    composer.submit()
    assert "hidden it since" in composer.wait_for_thanks()
    assert "brand's page" not in composer.driver.find_element("id", "thanks").text
    composer.open("lego")
    assert composer.text == ""


def test_what_was_written_since_is_not_lost_with_what_was_hidden(composer: ComposerPage, store: Store) -> None:
    save_and_lose_the_answer(composer, store)
    store.hidden.extend(store.keys.values())
    store.knobs.answer_lost_after_saving = False
    composer.type(" and more")
    composer.submit()
    composer.wait_for_notice("This review is saved already")
    assert composer.text == "Great bricks and more"
    composer.press_notice()
    composer.wait_for_thanks()
    assert store.attempts[-1][1]["text"] == "Great bricks and more"


def test_an_invalid_text_is_explained_and_kept(composer: ComposerPage, store: Store) -> None:
    store.knobs.invalid = True
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_notice("Your review is too short.")
    assert composer.text == "great"


def test_nothing_is_left_after_a_save(composer: ComposerPage) -> None:
    composer.open("lego")
    composer.type("Great bricks")
    composer.wait_for_prediction("Good")
    composer.submit()
    composer.wait_for_thanks()
    composer.open("lego")
    assert composer.text == ""


def test_a_draft_is_found_again_without_its_brand_in_the_address(composer: ComposerPage) -> None:
    composer.open("lego")
    composer.type("Great bricks")
    composer.open()
    assert (composer.brand, composer.text) == ("Lego", "Great bricks")


def test_each_brand_keeps_its_own_draft(composer: ComposerPage) -> None:
    composer.open("lego")
    composer.type("Great bricks")
    composer.switch_brand()
    assert (composer.brand, composer.text) == ("Nike", "")
    composer.open("lego")
    assert composer.text == "Great bricks"
