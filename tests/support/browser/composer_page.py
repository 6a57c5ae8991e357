from urllib.parse import urlencode

from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.browser.waiting import wait_for

_MARKS = """
return [...document.querySelectorAll("#review-highlights .mark")].map((mark) => [mark.textContent, mark.classList[1]]);
"""


class ComposerPage:
    """`/`: writing a review."""

    def __init__(self, driver: Chrome, base_url: str) -> None:
        self.driver = driver
        self.base_url = base_url

    def open(self, brand: str = "") -> None:
        query = f"?{urlencode({'brand': brand})}" if brand else ""
        self.driver.get(f"{self.base_url}/{query}")
        self.wait_until_ready()

    def reload(self) -> None:
        self.driver.refresh()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until the scripts have taken the page over."""
        wait_for(self.driver, "the composer", lambda: self._id("composer").get_attribute("data-stars-from"))

    def type(self, text: str) -> None:
        self._id("review").send_keys(text)

    def paste(self, text: str) -> None:
        """Put a long text in at once, as a paste does."""
        self.driver.execute_script(
            "const field = arguments[0]; field.value += arguments[1];"
            "field.dispatchEvent(new InputEvent('input', {bubbles: true}));",
            self._id("review"),
            text,
        )

    def replace_and_submit(self, text: str) -> None:
        """Select all, paste and press the keys that submit, in one go: nothing can be answered meanwhile."""
        self.driver.execute_script(
            "const field = arguments[0]; field.value = arguments[1];"
            "field.dispatchEvent(new InputEvent('input', {bubbles: true}));"
            "field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, bubbles: true}));",
            self._id("review"),
            text,
        )

    def clear(self) -> None:
        self._id("review").send_keys(Keys.CONTROL, "a", Keys.BACKSPACE)

    def type_at_start(self, text: str) -> None:
        keys = ActionChains(self.driver).click(self._id("review"))
        keys.key_down(Keys.CONTROL).send_keys(Keys.HOME).key_up(Keys.CONTROL).send_keys(text).perform()

    @property
    def text(self) -> str:
        return str(self._id("review").get_property("value"))

    @property
    def brand(self) -> str:
        return self._id("company_name").text

    @property
    def marks(self) -> list[tuple[str, str]]:
        """Marked words with the name of their mark, such as `for-3`."""
        return [(text, name) for text, name in self.driver.execute_script(_MARKS)]

    @property
    def percent(self) -> str:
        return self._id("proba").text

    @property
    def label(self) -> str:
        return self._id("sentiment-word").text

    @property
    def stars(self) -> int:
        """The stars that would be submitted; 0: none."""
        checked = self.driver.find_elements(By.CSS_SELECTOR, "#rating input:checked")
        return int(str(checked[0].get_property("value"))) if checked else 0

    @property
    def rating_source(self) -> str:
        return self._id("rating-source").text

    @property
    def notice(self) -> str:
        return self._id("composer-notice").text

    @property
    def can_submit(self) -> bool:
        return self._id("submit_button").is_enabled()

    def choose(self, stars: int) -> None:
        self.driver.find_element(By.CSS_SELECTOR, f"#rating input[value='{stars}']").click()

    def use_proposal(self) -> None:
        self._id("use-proposal").click()

    def submit(self) -> None:
        wait_for(self.driver, "a button to submit with", lambda: self.can_submit)
        self._id("submit_button").click()

    @property
    def hint(self) -> str:
        """Where the text is kept."""
        return self._id("review-hint").text

    def press_notice(self) -> None:
        self._id("notice-action").click()

    def switch_brand(self) -> None:
        before = self.brand
        self._id("switch_button").click()
        wait_for(self.driver, "another brand", lambda: self.brand != before)
        self.wait_until_ready()

    def wait_for_prediction(self, label: str) -> None:
        wait_for(self.driver, f"the label {label}", lambda: self.label == label)

    def wait_for_notice(self, words: str) -> None:
        wait_for(self.driver, f"a notice with {words!r}", lambda: words in self.notice)

    def wait_for_thanks(self) -> str:
        """The words of thanks."""
        wait_for(self.driver, "thanks", lambda: self._id("thanks").is_displayed())
        return self._id("thanks").text

    def follow_thanks(self) -> None:
        self._id("thanks-link").click()

    def _id(self, element_id: str) -> WebElement:
        return self.driver.find_element(By.ID, element_id)
