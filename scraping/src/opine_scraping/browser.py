"""A headless Chromium (Selenium) as Scrapy's download handler: one page at a time, with its scripts.

A request whose `meta["filled"]` is a condition is loaded in the browser until the page meets it; an answer that does
not in time has the flag `unfilled`. All other requests go the ordinary way. Delay, throttle, waits and retries are
Scrapy's, as for any other handler.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import tempfile
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import HtmlResponse
from selenium.common.exceptions import InvalidSessionIdException, NoSuchWindowException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from urllib3.exceptions import HTTPError

from opine_scraping.fetch_policy import user_agent
from opine_scraping.issues import UnavailableError
from opine_scraping.middlewares import detect_block
from opine_scraping.parsers.page import Page
from opine_scraping.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

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
_POLL_S = 0.2
# Of what the browser has unpacked already.
_HEADERS_OF_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding", "content-type"})


class BrowserError(UnavailableError):
    """Chromium does not start, or is gone."""


class BrowserDownloadHandler(HTTP11DownloadHandler):
    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._settings = get_settings()
        self._browser: Browser | None = None

    async def download_request(self, request: Request) -> Response:
        filled = request.meta.get("filled")
        if filled is None:
            return await super().download_request(request)
        return await asyncio.to_thread(self._load, request, filled)

    async def close(self) -> None:
        if self._browser is not None:
            await asyncio.to_thread(self._browser.close)
        await super().close()

    def _load(self, request: Request, filled: Callable[[Page], bool]) -> Response:
        if self._browser is None:
            self._browser = Browser(self._settings)
        started = time.monotonic()
        try:
            return self._browser.load(request.url, filled)
        except (InvalidSessionIdException, NoSuchWindowException, HTTPError) as error:
            raise BrowserError("Chromium is gone; it may have been ended for its memory") from error
        except WebDriverException as error:
            raise DownloadFailedError((error.msg or "no answer").splitlines()[0]) from error
        finally:
            # For AutoThrottle: a site that is slow is given at least the time that it took.
            request.meta["download_latency"] = time.monotonic() - started


class Browser:
    """Raises BrowserError where Chromium does not start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A fresh profile, gone afterwards.
        self._profile = tempfile.TemporaryDirectory(prefix="opine-chromium-", ignore_cleanup_errors=True)
        options = ChromeOptions()
        options.binary_location = str(settings.chromium)
        flags = [*_FLAGS, f"--user-data-dir={self._profile.name}", f"--user-agent={user_agent(settings.contact)}"]
        for flag in flags if settings.browser_sandbox else [*flags, "--no-sandbox"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", _NO_IMAGES)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        try:
            self._driver = Chrome(options=options, service=Service(str(settings.chromedriver)))
        except (WebDriverException, OSError) as error:
            self._profile.cleanup()
            hint = "" if not settings.browser_sandbox else "; as root it needs OPINE_SCRAPING_BROWSER_SANDBOX=false"
            cause = str(error).strip().splitlines()[0]
            raise BrowserError(f"{settings.chromium} does not start ({cause}){hint}") from error
        self._driver.set_page_load_timeout(settings.timeout_s)

    def close(self) -> None:
        self._driver.quit()
        self._profile.cleanup()

    def load(self, url: str, filled: Callable[[Page], bool]) -> HtmlResponse:
        """Fetch a page and run its scripts.

        Raises:
            WebDriverException: no answer.
        """
        self._network_log()
        self._driver.get(url)
        status, headers = self._document()
        text, flags = self._driver.page_source, []
        if status == HTTPStatus.OK and not detect_block(status, headers, text):
            text, is_filled = self._when_filled(filled)
            flags = [] if is_filled else ["unfilled"]
        kept = {name: value for name, value in headers.items() if name not in _HEADERS_OF_TRANSFER}
        return HtmlResponse(
            self._driver.current_url,
            status=status,
            headers=kept,
            body=text.encode(errors="replace"),
            encoding="utf-8",
            flags=flags,
        )

    def _when_filled(self, filled: Callable[[Page], bool]) -> tuple[str, bool]:
        end = time.monotonic() + self._settings.fill_timeout_s
        before = None
        while True:
            text = self._driver.page_source
            late = time.monotonic() > end
            # A script may still be at it: twice the same is a list that is whole.
            if filled(Page(text, self._driver.current_url, dt.datetime.now(dt.UTC))) and (late or text == before):
                return text, True
            if late:
                return text, False
            before = text
            time.sleep(_POLL_S)

    def _document(self) -> tuple[int, dict[str, str]]:
        """Status and headers, by lower-case name, of the page itself; only Chromium's network log tells them."""
        status, headers = 0, {}
        for entry in self._network_log():
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.responseReceived" and message["params"]["type"] == "Document":
                response = message["params"]["response"]
                status = int(response["status"])
                headers = {name.lower(): value for name, value in response["headers"].items()}
        return status, headers

    def _network_log(self) -> list[dict[str, Any]]:
        """Since it was last read."""
        return list(self._driver.get_log("performance"))  # type: ignore[no-untyped-call]
