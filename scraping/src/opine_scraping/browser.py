"""A headless Chromium (Selenium) as Scrapy's download handler: one page at a time, with its scripts.

A request whose `meta["filled"]` is a condition is loaded in the browser until the page meets it; an answer that does
not in time has the flag `unfilled`. All other requests go the ordinary way. Delay, throttle, waits and retries are
Scrapy's, as for any other handler.

A page asks for more than itself: redirects, scripts, frames, data. Chromium stops at each request (WebDriver BiDi),
until the spider's policy lets it go on; other hosts it cannot even resolve, and WebSockets, at which it does not stop,
do not exist in it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError
from scrapy.http import HtmlResponse
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from urllib3.exceptions import HTTPError
from websocket import WebSocketException

from opine_scraping.fetch_policy import user_agent
from opine_scraping.issues import ParseIssue, Reason, UnavailableError
from opine_scraping.middlewares import RequestRefused, detect_block
from opine_scraping.parsers.page import Page
from opine_scraping.scrapy_settings import DOWNLOAD_MAXSIZE
from opine_scraping.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from opine_scraping.fetch_policy import FetchPolicy

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
# No pictures, which nobody reads here; no download of a file.
_PREFERENCES = {"profile.managed_default_content_settings.images": 2, "download_restrictions": 3}
_NO_FETCH = ("about:", "blob:", "data:")
# The interception sees no sockets, and not what a worker does; a dialogue would wait for somebody.
_PRELOAD = """
for (const name of ['WebSocket', 'WebTransport', 'RTCPeerConnection', 'Worker', 'SharedWorker',
                    'ServiceWorkerContainer']) delete globalThis[name]
for (const name of ['alert', 'confirm', 'prompt', 'print']) globalThis[name] = () => null
"""
_READ_PAGE = """(most) => {
  const text = document.documentElement.outerHTML
  return [location.href, text.length > most ? null : text]
}"""
_POLL_S = 0.2  # between two looks at a page that scripts fill
_TOLD_WITHIN_S = 5.0  # after its page an answer's status comes at once, or was lost
# Of what the browser has unpacked already.
_HEADERS_OF_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding", "content-type"})


class BrowserError(UnavailableError):
    """Chromium does not start."""


class BrowserDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler for http and https; the browser starts with the first page that needs it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._settings = get_settings()
        self._policy: FetchPolicy = crawler.spider.policy  # type: ignore[union-attr]  # of our spiders
        self._browser: Browser | None = None

    async def download_request(self, request: Request) -> Response:
        filled = request.meta.get("filled")
        if filled is None:
            return await super().download_request(request)
        # Selenium blocks; Scrapy's loop must go on, for a signal to stop, too.
        return await asyncio.to_thread(self._load, request, filled)

    async def close(self) -> None:
        if self._browser is not None:
            await asyncio.to_thread(self._browser.close)
        await super().close()

    def _load(self, request: Request, filled: Callable[[Page], bool]) -> Response:
        if self._browser is None:
            self._browser = Browser(self._settings, self._policy)
        started = time.monotonic()
        try:
            return self._browser.load(request.url, filled)
        except (WebDriverException, WebSocketException, HTTPError) as error:
            # A page may have ended it, or hold it for ever: the next one gets another.
            self._browser.close()
            self._browser = None
            raise DownloadFailedError((str(error) or "no answer").splitlines()[0]) from error
        finally:
            # For AutoThrottle: a site that is slow is given at least the time that it took.
            request.meta["download_latency"] = time.monotonic() - started


class Browser:
    """A headless Chromium with one window.

    Raises:
        BrowserError: it does not start.
    """

    def __init__(self, settings: Settings, policy: FetchPolicy) -> None:
        self._settings = settings
        self._policy = policy
        self._refused: ParseIssue | None = None
        self._answers: dict[str, tuple[int, dict[str, str]]] = {}
        # A fresh profile, gone afterwards.
        self._profile = tempfile.TemporaryDirectory(prefix="opine-chromium-", ignore_cleanup_errors=True)
        host = f"[{policy.site.host}]" if ":" in policy.site.host else policy.site.host
        options = ChromeOptions()
        options.binary_location = str(settings.chromium)
        flags = [
            *_FLAGS,
            f"--user-data-dir={self._profile.name}",
            f"--user-agent={user_agent(settings.contact)}",
            f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {host}",
        ]
        for flag in flags if settings.browser_sandbox else [*flags, "--no-sandbox"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", _PREFERENCES)
        # A new window asks before the interception is there: nobody clicks here, so Chromium opens none.
        options.add_experimental_option("excludeSwitches", ["disable-popup-blocking"])
        options.enable_bidi = True
        # Waiting for a page would keep chromedriver from letting its requests go on.
        options.page_load_strategy = "none"
        try:
            self._driver = Chrome(options=options, service=Service(str(settings.chromedriver)))
        except (WebDriverException, OSError) as error:
            self._profile.cleanup()
            hint = "" if not settings.browser_sandbox else "; as root it needs OPINE_SCRAPING_BROWSER_SANDBOX=false"
            cause = str(error).strip().splitlines()[0]
            raise BrowserError(f"{settings.chromium} does not start ({cause}){hint}") from error
        # A BiDi command waits for its page: as long as any other request may take, not Selenium's 30 s.
        executor: Any = self._driver.command_executor
        executor.client_config.websocket_timeout = settings.timeout_s
        self._driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _PRELOAD})
        self._driver.network.add_request_handler(self._decide)  # type: ignore[no-untyped-call]
        self._driver.network.add_event_handler("response_completed", self._note_answer)
        self._context = self._driver.current_window_handle

    def close(self) -> None:
        with suppress(WebDriverException, WebSocketException, HTTPError):
            self._driver.quit()
        self._profile.cleanup()

    def load(self, url: str, filled: Callable[[Page], bool]) -> HtmlResponse:
        """Fetch a page and run its scripts.

        Raises:
            WebDriverException: no answer.
            RequestRefused: it redirects to where nothing may be fetched.
        """
        self._refused = None
        self._answers.clear()
        try:
            reached = self._driver.browsing_context.navigate(context=self._context, url=url, wait="complete")
        except WebDriverException as error:
            if self._refused is not None:
                raise RequestRefused(self._refused) from error
            if url not in self._answers:
                raise
            # An error without a page, for which Chromium shows one of its own.
            status, headers = self._answers[url]
            return HtmlResponse(url, status=status, headers=headers)
        status, headers = self._answer(reached["url"])
        # An error or a challenge is never filled: nothing is worth waiting for.
        page, is_filled = self._page(), True
        if status == HTTPStatus.OK and not detect_block(status, headers, page.text):
            page, is_filled = self._when_filled(page, filled)
        return HtmlResponse(
            page.url,
            status=status,
            headers=headers,
            body=page.text.encode(errors="replace"),
            encoding="utf-8",
            flags=[] if is_filled else ["unfilled"],
        )

    def _answer(self, url: str) -> tuple[int, dict[str, str]]:
        """Status and headers of a page that was reached; Selenium tells them in a thread of its own."""
        end = time.monotonic() + _TOLD_WITHIN_S
        while (found := self._answers.get(url.partition("#")[0])) is None and time.monotonic() < end:
            time.sleep(_POLL_S / 10)
        return found or (0, {})

    def _when_filled(self, page: Page, filled: Callable[[Page], bool]) -> tuple[Page, bool]:
        end = time.monotonic() + self._settings.fill_timeout_s
        before = None
        while True:
            late = time.monotonic() > end
            # A script may still be at it: twice the same is a list that is whole.
            if filled(page) and (late or page.text == before):
                return page, True
            if late:
                return page, False
            before = page.text
            time.sleep(_POLL_S)
            page = self._page()

    def _page(self) -> Page:
        """The page as its scripts have made it by now."""
        # By BiDi as well: chromedriver's other commands wait for requests that wait for `_decide`.
        found = self._driver.script.execute(_READ_PAGE, DOWNLOAD_MAXSIZE, context_id=self._context)
        url, text = (each.get("value") for each in found["value"])
        if text is None:
            raise DownloadCancelledError(f"the page is longer than {DOWNLOAD_MAXSIZE:,} characters")
        return Page(text, url, dt.datetime.now(dt.UTC))

    def _decide(self, request: Any) -> None:  # noqa: ANN401  Selenium does not export its class
        """Let a request go on or not; in a thread of its own, which Selenium starts."""
        try:
            refused = None if request.url.startswith(_NO_FETCH) else self._policy.objection(request.url)
        except Exception:  # noqa: BLE001  Selenium lets a request go on whose handler fails
            refused = ParseIssue(Reason.FOREIGN_LINK, "no address")
        if refused is not None:
            if request.resource_type == "document":
                self._refused = refused
            request.fail()

    def _note_answer(self, event: Any) -> None:  # noqa: ANN401  Selenium's, whose fields are untyped
        if event.navigation and event.context == self._context:
            said = {each["name"].lower(): str(each["value"].get("value", "")) for each in event.response["headers"]}
            kept = {name: value for name, value in said.items() if name not in _HEADERS_OF_TRANSFER}
            self._answers[event.response["url"].partition("#")[0]] = int(event.response["status"]), kept
