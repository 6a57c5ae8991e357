import time

from selenium.webdriver import Chrome

from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import Store

_LAYERS = """
const [layer, field] = ["review-highlights", "review"].map((id) => document.getElementById(id));
const frame = document.querySelector(".editor-field");
const style = (element, name) => getComputedStyle(element).getPropertyValue(name);
const names = ["font-size", "font-family", "line-height", "letter-spacing", "padding-left", "padding-top", "width",
  "white-space-collapse", "overflow-wrap", "tab-size"];
return {
  differing: names.filter((name) => style(layer, name) !== style(field, name)),
  overflow: field.scrollHeight - field.clientHeight,
  scrolling: frame.scrollHeight - frame.clientHeight,
};
"""


def test_words_are_marked_and_the_prediction_is_shown(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("Great shoes, but the box was broken")
    composer.wait_for_prediction("Average")
    wait_for(composer.driver, "marks", lambda: len(composer.marks) == 2)
    assert composer.marks == [("Great", "for-3"), ("broken", "against-3")]
    assert composer.percent.endswith("%")
    assert composer.stars == 3
    assert "Proposed" in composer.rating_source


def test_a_tab_is_one_session(composer: ComposerPage, store: Store) -> None:
    for visits in (1, 2):
        composer.open("nike")
        composer.type("Great shoes. ")
        wait_for(composer.driver, "a prediction", lambda: len(store.sessions) >= visits)  # noqa: B023  awaited here
    (session,) = set(store.sessions)
    assert len(session) >= 32


def test_an_emoji_does_not_shift_the_marks(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.paste("👟👟 really great 👍🏽 shoes, terrible box")
    composer.wait_for_prediction("Average")
    assert [text for text, _ in composer.marks] == ["great", "terrible"]


def test_a_burst_of_keys_is_one_request(composer: ComposerPage, store: Store) -> None:
    composer.open("nike")
    composer.driver.execute_script(
        "const field = document.getElementById('review');"
        "for (const letter of 'great') {"
        "  field.value += letter; field.dispatchEvent(new InputEvent('input', {bubbles: true}));"
        "}"
    )
    composer.wait_for_prediction("Good")
    assert store.predicted == ["great"]


def test_a_late_answer_never_replaces_a_newer_one(composer: ComposerPage, store: Store) -> None:
    late = "great"
    store.knobs.predict_delay_s = lambda text: 1.5 if text == late else 0.0
    composer.open("nike")
    composer.paste(late)
    wait_for(composer.driver, "the first request", lambda: store.predicted == [late])
    composer.paste(" but terrible, rude, broken")
    composer.wait_for_prediction("Bad")
    time.sleep(2.0)  # the first answer's time has come
    assert composer.label == "Bad"
    assert len(composer.marks) == 4


def test_marks_stay_with_their_words_until_the_next_answer(composer: ComposerPage, store: Store) -> None:
    composer.open("nike")
    composer.paste("great shoes, broken box")
    composer.wait_for_prediction("Average")
    before = composer.marks
    store.knobs.predict_delay_s = lambda _text: 30.0
    composer.type_at_start("Oh my: ")
    assert composer.text.startswith("Oh my: great")
    assert composer.marks == before
    store.knobs.predict_delay_s = lambda _text: 0.0


def test_both_layers_break_their_lines_alike(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.paste("A great day.\n\nNothing\tbroken " * 40 + "\n")
    composer.wait_for_prediction("Good")
    layers = composer.driver.execute_script(_LAYERS)
    assert layers["differing"] == []
    assert layers["overflow"] == 0
    assert layers["scrolling"] > 0


def test_twenty_thousand_characters_are_painted_and_repainted_sparingly(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    composer.paste(("great " + "plain " * 9) * 333)
    wait_for(driver, "marks", lambda: len(composer.marks) == 333)
    driver.execute_script(
        "window.changes = 0;"
        "const count = (seen) => seen.flatMap((one) => [...one.addedNodes, ...one.removedNodes]).length;"
        "new MutationObserver((seen) => { changes += count(seen); })"
        ".observe(document.getElementById('review-highlights'), {childList: true});"
    )
    composer.type("x")
    wait_for(driver, "a repainted layer", lambda: driver.execute_script("return changes") > 0)
    time.sleep(1.0)  # the answer paints the same marks once more
    assert driver.execute_script("return changes") <= 4


def test_an_emptied_text_takes_its_prediction_along(composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("great")
    composer.wait_for_prediction("Good")
    composer.clear()
    composer.wait_for_prediction("")
    assert (composer.marks, composer.percent, composer.stars, composer.can_submit) == ([], "", 0, False)


def test_the_prediction_is_said_in_words(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    composer.type("great shoes, rude staff")
    status = driver.find_element("id", "composer-status")
    wait_for(driver, "a summary", lambda: status.get_property("textContent"))
    assert "Speaks for: great. Speaks against: rude." in str(status.get_property("textContent"))


def test_nothing_moves_when_the_answer_comes(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    places = (
        "return ['progress', 'rating', 'submit_button'].map("
        "(id) => document.getElementById(id).getBoundingClientRect().top)"
    )
    before = driver.execute_script(places)
    composer.type("great")
    composer.wait_for_prediction("Good")
    assert driver.execute_script(places) == before


def test_a_full_field_says_so(driver: Chrome, composer: ComposerPage) -> None:
    composer.open("nike")
    hint = driver.find_element("id", "review-hint")
    composer.paste("a" * 19_999)
    assert "Kept in this browser" in hint.text
    composer.type("bc")
    assert len(composer.text) == 20_000
    assert "at most 20,000 characters" in hint.text
