"""A proposal belongs to one text: what is submitted carries one of exactly its words, or none."""

from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.lexicon import signature
from tests.support.fake_reviews.store import Store

BAD = "Awful. They were rude, and everything broken. Terrible."


def test_other_words_are_not_submitted_with_the_stars_of_those_before(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("Great shop, I love it!")
    wait_for(composer.driver, "five stars", lambda: composer.stars == 5)
    composer.replace_and_submit(BAD)
    composer.wait_for_notice("your words now suggest 1 star")
    assert store.attempts == []
    composer.submit()
    assert "1 star for Lego" in composer.wait_for_thanks()
    ((_, body),) = store.attempts
    assert (body["text"], body["stars"], body["prediction"]["stars"]) == (BAD, 1, 1)
    assert body["prediction"]["signature"] == signature(BAD)


def test_words_that_suggest_the_same_stars_go_out_once_they_are_read(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("Great shop, I love it!")
    wait_for(composer.driver, "five stars", lambda: composer.stars == 5)
    store.knobs.predict_delay_s = lambda _text: 0.5
    composer.replace_and_submit("Great, great, great")
    assert "5 stars for Lego" in composer.wait_for_thanks()
    ((_, body),) = store.attempts
    assert body["prediction"]["signature"] == signature("Great, great, great")


def test_chosen_stars_go_out_at_once_and_without_a_proposal_of_other_words(
    composer: ComposerPage, store: Store
) -> None:
    composer.open("lego")
    composer.type("Great shop, I love it!")
    wait_for(composer.driver, "five stars", lambda: composer.stars == 5)
    composer.choose(2)
    store.knobs.predict_delay_s = lambda text: 5.0 if text == BAD else 0.0
    composer.replace_and_submit(BAD)
    composer.wait_for_thanks()
    assert [(body["stars"], body["prediction"]) for _, body in store.attempts] == [(2, None)]


def test_unread_words_ask_for_stars_instead_of_taking_those_before(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("Great shop, I love it!")
    wait_for(composer.driver, "five stars", lambda: composer.stars == 5)
    store.knobs.sentiment_away = True
    composer.replace_and_submit(BAD)
    composer.wait_for_notice("Choose the stars yourself")
    assert (composer.stars, composer.can_submit, store.attempts) == (0, False, [])


def test_what_cannot_be_judged_proposes_no_stars_and_is_saved_with_those_of_the_person(
    composer: ComposerPage, store: Store
) -> None:
    composer.open("lego")
    composer.type("It came on Tuesday")
    wait_for(composer.driver, "a reason", lambda: "can't find an opinion yet" in composer.rating_source)
    assert (composer.stars, composer.can_submit, composer.marks) == (0, False, [])
    composer.clear()
    composer.type("Sehr schlecht, nie wieder!")
    sentence = "I can't judge this language yet \u2013 choose the stars yourself."
    wait_for(composer.driver, "another reason", lambda: composer.rating_source == sentence)
    assert (composer.stars, composer.can_submit, composer.notice) == (0, False, "")
    composer.choose(1)
    composer.submit()
    composer.wait_for_thanks()
    assert [(body["stars"], body["prediction"]) for _, body in store.attempts] == [(1, None)]


def test_blanks_at_the_ends_are_no_other_words(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.type_at_start("  ")
    composer.type("\n")
    assert composer.marks == [("great", "for-3")]
    composer.submit()
    composer.wait_for_thanks()
    assert store.predicted == ["great"]
    ((_, body),) = store.attempts
    assert (body["text"], body["prediction"]["stars"]) == ("great", 5)


def test_keys_of_an_input_method_do_not_submit(composer: ComposerPage, store: Store) -> None:
    composer.open("lego")
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.driver.execute_script(
        "const keys = {key: 'Enter', ctrlKey: true, bubbles: true, isComposing: arguments[0]};"
        "document.getElementById('review').dispatchEvent(new KeyboardEvent('keydown', keys));",
        True,
    )
    assert composer.can_submit
    assert store.attempts == []
