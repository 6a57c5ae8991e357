"""Waiting for what a page will show, and reading what it shows."""

from collections.abc import Callable

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

# Only ends a test that hangs.
PATIENCE_S = 15.0


def wait_for(driver: Chrome, what: str, holds: Callable[[], object]) -> None:
    """Wait until `holds` is true; an element that is not there yet, or not any more, counts as false."""
    ignored = (NoSuchElementException, StaleElementReferenceException)
    waiting = WebDriverWait(driver, PATIENCE_S, poll_frequency=0.05, ignored_exceptions=ignored)
    waiting.until(lambda _driver: holds(), message=f"never came true: {what}")


def texts(driver: Chrome, selector: str) -> list[str]:
    """What the elements say, a line each; all at once, for a page may replace them at any time."""
    script = "return [...document.querySelectorAll(arguments[0])].map((element) => element.innerText)"
    return [" ".join(text.split()) for text in driver.execute_script(script, selector)]
