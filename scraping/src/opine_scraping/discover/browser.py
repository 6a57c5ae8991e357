"""A headless Chromium that loads one page at a time."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selenium.common.exceptions import InvalidSessionIdException, NoSuchWindowException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from urllib3.exceptions import HTTPError

from opine_scraping.politeness import user_agent
from opine_scraping.reasons import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opine_scraping.settings import Settings

_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--lang=en",
)
_NO_IMAGES = {"profile.managed_default_content_settings.images": 2}


class BrowserError(UnavailableError):
    """Chromium does not start, or is gone."""


@dataclass(frozen=True, slots=True)
class Document:
    status: int
    headers: dict[str, str]
    """By lower-case name."""


class Browser:
    def __init__(self, driver: Chrome) -> None:
        self._driver = driver

    def load(self, url: str) -> Document:
        """Fetch a page and run its scripts.

        Raises:
            WebDriverException: no answer.
            BrowserError: the browser is gone.
        """
        with _alive():
            self._log()
            self._driver.get(url)
            return self._document()

    def url(self) -> str:
        with _alive():
            return self._driver.current_url

    def text(self) -> str:
        """The page as its scripts have made it by now."""
        with _alive():
            return self._driver.page_source

    def _document(self) -> Document:
        """Status and headers of the page itself, which only the network log of Chromium tells."""
        found = Document(0, {})
        for entry in self._log():
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.responseReceived" and message["params"]["type"] == "Document":
                response = message["params"]["response"]
                headers = {name.lower(): value for name, value in response["headers"].items()}
                found = Document(int(response["status"]), headers)
        return found

    def _log(self) -> list[dict[str, Any]]:
        """Of the network since it was last read."""
        return list(self._driver.get_log("performance"))  # type: ignore[no-untyped-call]


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (InvalidSessionIdException, NoSuchWindowException, HTTPError) as error:
        raise BrowserError("Chromium is gone; it may have been ended for its memory") from error


@contextmanager
def open_browser(settings: Settings) -> Iterator[Browser]:
    """A fresh profile, gone afterwards.

    Raises:
        BrowserError: Chromium does not start.
    """
    with tempfile.TemporaryDirectory(prefix="opine-chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = str(settings.chromium)
        flags = [*_FLAGS, f"--user-data-dir={profile}", f"--user-agent={user_agent(settings.contact)}"]
        for flag in flags if settings.browser_sandbox else [*flags, "--no-sandbox"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", _NO_IMAGES)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        try:
            driver = Chrome(options=options, service=Service(str(settings.chromedriver)))
        except (WebDriverException, OSError) as error:
            hint = "" if not settings.browser_sandbox else "; as root it needs OPINE_SCRAPING_BROWSER_SANDBOX=false"
            cause = str(error).strip().splitlines()[0]
            raise BrowserError(f"{settings.chromium} does not start ({cause}){hint}") from error
        driver.set_page_load_timeout(settings.timeout_s)
        try:
            yield Browser(driver)
        finally:
            driver.quit()
