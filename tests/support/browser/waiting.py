"""Waiting for what a page will show."""

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
